import type { Member } from '@steppe/domain';
import type { GossipNode } from '../memberlist/delegate.js';
import type { NodeVersions } from '../wire/memberlist-message.js';
import { decodeTags } from '../wire/tags.js';

type Versions = Pick<Member, 'protocol' | 'delegate'>;

/** Nodes that speak the same versions share them, and so do their members. */
const versionsOf = new WeakMap<NodeVersions, Versions>();

/** A node of the failure detector as a member: alive, until the member table knows better. */
export function memberOfNode({ name, host, port, meta, versions }: GossipNode): Member {
  return {
    name,
    address: host,
    port,
    status: 'alive',
    // serf: a member whose tags cannot be read has none.
    tags: Object.freeze(decodeTags(meta) ?? {}),
    ...memberVersions(versions),
  };
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
