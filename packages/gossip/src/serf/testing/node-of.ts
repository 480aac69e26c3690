import type { GossipNode } from '../../memberlist/delegate.js';
import { addressOf } from '../../memberlist/ip-address.js';
import { NOMAD_VERSIONS } from '../../memberlist/options.js';
import { encodeTags } from '../../wire/tags.js';

/** A node for tests; what does not matter has a harmless value. */
export function nodeOf(name: string, host: string, fields: Partial<GossipNode> = {}): GossipNode {
  return {
    name,
    address: addressOf(host) as Uint8Array,
    host,
    port: 7946,
    meta: encodeTags({}),
    versions: NOMAD_VERSIONS,
    incarnation: 1,
    state: 'alive',
    stateSinceMs: 0,
    ...fields,
  };
}
