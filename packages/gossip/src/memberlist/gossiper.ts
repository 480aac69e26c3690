import type { Clock } from '@steppe/runtime';
import type { LocalNode } from './local-node.js';
import type { NodeTable } from './node-table.js';
import type { MemberlistTiming } from './options.js';
import type { PacketPort } from './packet-port.js';

export type GossiperOptions = Pick<MemberlistTiming, 'gossipNodes' | 'gossipToTheDeadMs'>;

export interface GossiperDeps {
  readonly table: NodeTable;
  readonly local: LocalNode;
  readonly packets: PacketPort;
  readonly clock: Clock;
}

/** Sends what is queued to a few random nodes every gossip interval. */
export class Gossiper {
  readonly #options: GossiperOptions;
  readonly #deps: GossiperDeps;

  constructor(options: GossiperOptions, deps: GossiperDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** To be called every gossip interval. The freshly dead hear us too: they may live, and refute. */
  tick(): void {
    const { table, local, packets, clock } = this.#deps;
    if (!packets.hasBroadcasts) return;
    const deadSince = clock.monotonic() - this.#options.gossipToTheDeadMs;
    const targets = table.pick(
      this.#options.gossipNodes,
      ({ name, state, stateSinceMs }) =>
        name !== local.node.name && state !== 'left' && (state !== 'dead' || stateSinceMs > deadSince),
    );
    if (targets.length === 0) return;
    // Differs from memberlist: there each gets a datagram of its own. When so much waits, what the one node does not get
    // the next one does not miss, and making datagrams is most of the work.
    if (packets.isCongested) packets.gossipAlike(targets);
    else for (const node of targets) if (!packets.gossip(node)) return;
  }
}
