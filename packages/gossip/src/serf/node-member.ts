import type { Member, MemberStatus } from '@steppe/domain';
import type { GossipNode } from '../memberlist/delegate.js';
import type { NodeVersions } from '../wire/memberlist-message.js';
import { decodeTags } from '../wire/tags.js';

type Versions = Pick<Member, 'protocol' | 'delegate'>;

/** Nodes that speak the same versions share them, and so do their members. */
const versionsOf = new WeakMap<NodeVersions, Versions>();

/** The members known last, by name: one object for all that see the same. Bounded. */
const members = new Map<string, Member>();
const MAX_MEMBERS = 16_384;

/** Who announces the same metadata shares what it says. */
const tagsOf = new WeakMap<Uint8Array, Member['tags']>();

/** Each member in the statuses it was seen in. */
const statusesOf = new WeakMap<Member, Map<MemberStatus, Member>>();

/** A node of the failure detector as a member: alive, until the member table knows better. Frozen, and shared. */
export function memberOfNode({ name, host, port, meta, versions }: GossipNode): Member {
  const tags = memberTags(meta);
  const { protocol, delegate } = memberVersions(versions);
  const known = members.get(name);
  const isSame =
    known?.address === host &&
    known.port === port &&
    known.tags === tags &&
    known.protocol === protocol &&
    known.delegate === delegate;
  if (isSame) return known;
  const member: Member = Object.freeze({ name, address: host, port, status: 'alive', tags, protocol, delegate });
  if (members.size >= MAX_MEMBERS) members.clear();
  members.set(name, member);
  return member;
}

/** The same member in another status. Frozen, and shared. */
export function withStatus(member: Member, status: MemberStatus): Member {
  if (member.status === status) return member;
  let statuses = statusesOf.get(member);
  if (statuses === undefined) {
    statuses = new Map([[member.status, member]]);
    statusesOf.set(member, statuses);
  }
  let other = statuses.get(status);
  if (other === undefined) {
    other = Object.freeze({ ...member, status });
    statuses.set(status, other);
    statusesOf.set(other, statuses);
  }
  return other;
}

function memberTags(meta: Uint8Array): Member['tags'] {
  let tags = tagsOf.get(meta);
  if (tags === undefined) {
    // serf: a member whose tags cannot be read has none.
    tags = Object.freeze(decodeTags(meta) ?? {});
    tagsOf.set(meta, tags);
  }
  return tags;
}

function memberVersions(versions: NodeVersions): Versions {
  let known = versionsOf.get(versions);
  if (known === undefined) {
    known = {
      protocol: Object.freeze({
        min: versions.protocolMin,
        max: versions.protocolMax,
        current: versions.protocolCurrent,
      }),
      delegate: Object.freeze({
        min: versions.delegateMin,
        max: versions.delegateMax,
        current: versions.delegateCurrent,
      }),
    };
    versionsOf.set(versions, known);
  }
  return known;
}
