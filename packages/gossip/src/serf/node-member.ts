import type { Member } from '@steppe/domain';
import type { GossipNode } from '../memberlist/delegate.js';
import { decodeTags } from '../wire/tags.js';

/** A node of the failure detector as a member: alive, until the member table knows better. */
export function memberOfNode({ name, host, port, meta, versions }: GossipNode): Member {
  return {
    name,
    address: host,
    port,
    status: 'alive',
    // serf: a member whose tags cannot be read has none.
    tags: Object.freeze(decodeTags(meta) ?? {}),
    protocol: { min: versions.protocolMin, max: versions.protocolMax, current: versions.protocolCurrent },
    delegate: { min: versions.delegateMin, max: versions.delegateMax, current: versions.delegateCurrent },
  };
}
