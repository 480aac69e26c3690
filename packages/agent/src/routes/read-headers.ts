import type { StateRead } from '../cluster/cluster-view.js';
import type { ReplyHeaders } from '../http/reply/reply.js';

/** What every read of the state says of itself. */
export function readHeaders(
  { index, knownLeader, lastContactMs }: Omit<StateRead<unknown>, 'value'>,
  nextToken?: string,
): ReplyHeaders {
  return {
    'X-Nomad-Index': `${index}`,
    'X-Nomad-KnownLeader': `${knownLeader}`,
    'X-Nomad-LastContact': `${Math.trunc(lastContactMs)}`,
    ...(nextToken === undefined ? {} : { 'X-Nomad-NextToken': nextToken }),
  };
}
