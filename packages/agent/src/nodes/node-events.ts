import type { Node } from '@steppe/domain';
import type { StateTransaction } from '@steppe/state';
import { NODES } from '@steppe/state';

/** Newest events kept of each node. */
const MAX_EVENTS = 10;

/** What writes events: the transaction that gives them their index, and the time, Unix milliseconds. */
interface EventContext {
  readonly tx: StateTransaction;
  readonly nowMs: number;
}

/** Something that happened to a node, with what it left of it. */
export interface NodeHappening {
  readonly message: string;
  readonly subsystem: 'Cluster' | 'Drain' | 'Scheduler';
}

/** Writes a changed node, and with it what happened. */
export function putNode(node: Node, happening: NodeHappening | undefined, { tx, nowMs }: EventContext): void {
  const events =
    happening === undefined
      ? node.events
      : [...node.events, { ...happening, details: {}, timestampMs: nowMs, createIndex: tx.index }];
  tx.put(NODES, { ...node, events: events.slice(-MAX_EVENTS) });
}
