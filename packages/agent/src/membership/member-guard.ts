import type { Member } from '@steppe/domain';
import type { MemberGuard } from '@steppe/gossip';
import { parseServerMember, refuseNonServer } from '@steppe/gossip';
import { isSteppeServer } from '../cluster/server-peers.js';

export interface MemberGuardOptions {
  readonly ownName: string;
  readonly region: string;
  /** Lets members in that are no servers. */
  readonly open: boolean;
  /** The state lives in this server: another server of the region would have a state of its own. */
  readonly embedded: boolean;
}

/**
 * Who may be in a server's pool: servers, unless it is open; and no second server of our region where the state is not
 * shared. A member that is refused is refused on the side that has the rule; it is told nothing by the protocol.
 */
export function memberGuard({ ownName, region, open, embedded }: MemberGuardOptions): MemberGuard {
  return (member: Member) => {
    const stranger = open ? undefined : refuseNonServer(member);
    if (stranger !== undefined || !embedded || member.name === ownName) return stranger;
    const server = parseServerMember(member);
    // One that left, or is gone for good, is no second server.
    const isThere = member.status === 'alive' || member.status === 'leaving';
    if (server === undefined || server.region !== region || !isThere || !isSteppeServer(server)) return undefined;
    return (
      `member '${member.name}' is a second server of region '${region}', whose state lives in one server: ` +
      'give it a region of its own, or share the state (server { state { engine = "etcd" } })'
    );
  };
}
