import type { GossipNode } from '../memberlist/delegate.js';
import { addressOf } from '../memberlist/ip-address.js';
import { NOMAD_VERSIONS } from '../memberlist/options.js';
import type { NodeVersions } from '../wire/memberlist-message.js';
import { sharedAddress, sharedName } from '../wire/shared-values.js';
import { encodeTags } from '../wire/tags.js';
import { SIM_PORT, simHost } from './sim-cluster.js';

export interface EstablishedPoolOptions {
  /** The same for every member. */
  readonly tags: Readonly<Record<string, string>>;
  /** Default: those of a Nomad server. */
  readonly versions?: NodeVersions;
}

/**
 * Members `n0`, `n1`, … as every one of them knows all of them: alive, in their first incarnation. One frozen object for each,
 * with names, addresses, metadata and versions in one copy, so that a million pairs of members cost little more than the
 * references.
 */
export function establishedPool(
  size: number,
  { tags, versions = NOMAD_VERSIONS }: EstablishedPoolOptions,
): GossipNode[] {
  const meta = encodeTags(tags);
  return Array.from({ length: size }, (_, i) => {
    const host = simHost(i);
    const address = sharedAddress(addressOf(host) as Uint8Array);
    return Object.freeze({
      name: sharedName(`n${i}`),
      address,
      host,
      port: SIM_PORT,
      meta,
      versions,
      incarnation: 1,
      state: 'alive',
      stateSinceMs: 0,
    });
  });
}
