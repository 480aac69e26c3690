import type { Clock, Logger, Metrics } from '@steppe/runtime';
import type { News } from '../wire/memberlist-message.js';
import type { Awareness } from './awareness.js';
import type { BroadcastOutcome } from './broadcast-queue.js';
import type { GuardedDelegate } from './guarded-delegate.js';
import type { NodeTable } from './node-table.js';

/** Queues news of one node for everybody, replacing older news of it. */
type AnnounceNews = (message: News, onDone?: (outcome: BroadcastOutcome) => void) => void;

/** What the rules of membership work on. */
export interface MembershipContext {
  readonly table: NodeTable;
  readonly awareness: Awareness;
  readonly delegate: GuardedDelegate;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly announce: AnnounceNews;
}
