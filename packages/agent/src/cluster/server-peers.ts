import type { Member } from '@steppe/domain';
import type { Membership, ServerMember } from '@steppe/gossip';
import { parseServerMember } from '@steppe/gossip';

/** Whether a server is one of ours: our builds say so in the metadata of their version. */
export const isSteppeServer = ({ build }: ServerMember): boolean => /\+steppe\b/.test(build);

/**
 * The servers this one can work with: alive members of the pool that are servers of Steppe. Others are shown as members, but
 * they do not speak our RPC, whatever region they claim.
 */
export class ServerPeers {
  readonly #membership: Pick<Membership, 'members'>;
  readonly #ownName: string;
  #members: readonly Member[] | undefined;
  #peers: readonly ServerMember[] = [];

  constructor({ ownName, membership }: { readonly ownName: string; readonly membership: Pick<Membership, 'members'> }) {
    this.#ownName = ownName;
    this.#membership = membership;
  }

  /** Alive servers of a region, without this one. */
  alive(region: string): readonly ServerMember[] {
    return this.#all().filter((peer) => peer.region === region);
  }

  /** One of them by UUID or member name. */
  find(region: string, id: string): ServerMember | undefined {
    return this.alive(region).find((peer) => peer.id === id || peer.member.name === id);
  }

  /** Parsed once per change of the pool. */
  #all(): readonly ServerMember[] {
    const members = this.#membership.members();
    if (members === this.#members) return this.#peers;
    this.#members = members;
    this.#peers = members.flatMap((member) => {
      if (member.status !== 'alive' || member.name === this.#ownName) return [];
      const peer = parseServerMember(member);
      return peer !== undefined && isSteppeServer(peer) ? [peer] : [];
    });
    return this.#peers;
  }
}
