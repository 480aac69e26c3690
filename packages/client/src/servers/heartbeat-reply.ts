import { parseServerAddress } from './server-address.js';
import { clientError } from '../errors.js';
import type { HeartbeatReply } from './server-link.js';

/** More is beyond what a timer can wait. */
const MAX_TTL_MS = 2 ** 31 - 1;

/**
 * A reply as far as it can be relied on: what came over the wire is looked at before the node lives by it.
 * Servers that are not addresses are left out.
 * @throws CLIENT_REPLY_INVALID naming the field and its value
 */
export function checkHeartbeatReply(server: string, reply: HeartbeatReply): HeartbeatReply {
  const { heartbeatTtlMs, nodeCount, servers } = reply;
  const demand = (field: keyof HeartbeatReply, holds: boolean): void => {
    if (holds) return;
    throw clientError(
      { code: 'CLIENT_REPLY_INVALID', server, field },
      `reply of server ${server} has an invalid ${field}: ${JSON.stringify(reply[field])}`,
    );
  };
  demand('heartbeatTtlMs', Number.isFinite(heartbeatTtlMs) && heartbeatTtlMs >= 1 && heartbeatTtlMs <= MAX_TTL_MS);
  demand('nodeCount', Number.isSafeInteger(nodeCount) && nodeCount >= 0);
  demand('servers', Array.isArray(servers));
  return { ...reply, servers: servers.filter(isAddress) };
}

function isAddress(server: unknown): boolean {
  if (typeof server !== 'string') return false;
  try {
    parseServerAddress(server);
    return true;
  } catch {
    // One server with a broken address does not make the others unusable.
    return false;
  }
}
