import { errorMessage } from '@steppe/domain';
import type { Clock, Logger, Metrics } from '@steppe/runtime';
import { SCHEDULER_METRICS } from '../metrics.js';

/** Who is told of nodes that do not go along with what plans have for them. */
export interface PlanRejections {
  rejected(nodeId: string): void;
}

export interface PlanRejectionTrackerOptions {
  /** So many rejections within the window are too many. */
  readonly nodeThreshold: number;
  readonly nodeWindowMs: number;
}

export interface PlanRejectionTrackerDeps {
  /** Takes a node out of scheduling. */
  readonly keepOut: (nodeId: string) => Promise<unknown>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Nodes that are remembered: those that were rejected last. */
const MAX_NODES = 50;
/** At most so many nodes are taken out at once, and later one for each interval: a fault of ours must not empty the region. */
const BURST = 10;
const INTERVAL_MS = (30 * 60_000) / 5;

/**
 * Takes nodes out of scheduling that refuse plan after plan: what servers think of them is not so, and work for them would
 * never be placed.
 * @see spec "Rejection tracking" of scheduling
 */
export class PlanRejectionTracker implements PlanRejections {
  readonly #options: PlanRejectionTrackerOptions;
  readonly #deps: PlanRejectionTrackerDeps;
  /** Moments on the monotonic clock, oldest first; by node, the one rejected last at the end. */
  readonly #rejections = new Map<string, number[]>();
  #left = BURST;
  #filledMs: number;

  constructor(options: PlanRejectionTrackerOptions, deps: PlanRejectionTrackerDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#filledMs = deps.clock.monotonic();
  }

  rejected(nodeId: string): void {
    const { logger, metrics, clock } = this.#deps;
    const score = this.#count(nodeId, clock.monotonic());
    metrics.setGauge(SCHEDULER_METRICS.rejectionScore, score, { node_id: nodeId });
    if (score < this.#options.nodeThreshold) return;
    if (!this.#mayKeepOut()) {
      logger.warn('node has too many rejected plans, and too many nodes have been marked as ineligible for that', {
        node_id: nodeId,
        rejections: score,
      });
      return;
    }
    this.#rejections.delete(nodeId);
    logger.info('marking node as ineligible due to multiple plan rejections', { node_id: nodeId, rejections: score });
    this.#deps.keepOut(nodeId).catch((error: unknown) => {
      logger.error('failed to mark node as ineligible', { node_id: nodeId, error: errorMessage(error) });
    });
  }

  /** Rejections of a node within the window, this one included. */
  #count(nodeId: string, nowMs: number): number {
    const { nodeThreshold, nodeWindowMs } = this.#options;
    const recent = (this.#rejections.get(nodeId) ?? []).filter((atMs) => nowMs - atMs < nodeWindowMs);
    recent.push(nowMs);
    this.#rejections.delete(nodeId);
    // More of them say no more.
    this.#rejections.set(nodeId, recent.slice(-nodeThreshold));
    if (this.#rejections.size > MAX_NODES) {
      const [oldest] = this.#rejections.keys();
      this.#rejections.delete(oldest as string);
    }
    return recent.length;
  }

  #mayKeepOut(): boolean {
    const nowMs = this.#deps.clock.monotonic();
    const filled = Math.floor((nowMs - this.#filledMs) / INTERVAL_MS);
    this.#filledMs += filled * INTERVAL_MS;
    this.#left = Math.min(BURST, this.#left + filled);
    if (this.#left === 0) return false;
    this.#left -= 1;
    return true;
  }
}
