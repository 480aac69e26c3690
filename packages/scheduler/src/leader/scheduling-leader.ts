import type { Clock, Logger, Metrics, Random, Timer } from '@steppe/runtime';
import type { BlockedEvals } from '../blocked/blocked-evals.js';
import type { EvalBroker } from '../broker/eval-broker.js';
import { CORE_JOBS, coreEvaluation } from '../core/core-scheduler.js';
import { SCHEDULER_METRICS } from '../metrics.js';
import { PlanApplier } from '../plan/plan-applier.js';
import type { PlanQueue } from '../plan/plan-queue.js';
import type { PlanRejections } from '../plan/plan-rejection-tracker.js';
import { CancelReaper } from './cancel-reaper.js';
import { EvalFeed } from './eval-feed.js';
import { FailedEvalReaper } from './failed-eval-reaper.js';
import type { RegionStore } from './region-store.js';

export interface SchedulingLeaderDeps {
  readonly broker: EvalBroker;
  readonly blocked: BlockedEvals;
  readonly queue: PlanQueue;
  readonly store: RegionStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly rejections?: PlanRejections | undefined;
}

const CANCEL_INTERVAL_MS = 5_000;
const UNBLOCK_FAILED_INTERVAL_MS = 60_000;
const GAUGES_INTERVAL_MS = 1_000;
const CORE_INTERVAL_MS = 5 * 60_000;

/** One time of leading: everything that ends with it. */
interface Term {
  readonly ending: AbortController;
  readonly timers: readonly Timer[];
  /** Ends when the broker is paused. */
  serving: AbortController | undefined;
}

/**
 * What a server does for scheduling while it leads its region: it has broker, tracker, plan queue and applier going, in this
 * order, and clears up behind workers that fail.
 *
 * What is written into the state is told to {@link SchedulingLeader.feed}, by any server; those that do not lead ignore it.
 * @see spec "Leadership" of scheduling
 */
export class SchedulingLeader {
  readonly feed: EvalFeed;
  readonly #deps: SchedulingLeaderDeps;
  readonly #applier: PlanApplier;
  readonly #canceled: CancelReaper;
  readonly #failed: FailedEvalReaper;
  #applying: Promise<void> = Promise.resolve();
  #term: Term | undefined;

  constructor(deps: SchedulingLeaderDeps) {
    this.#deps = deps;
    this.feed = new EvalFeed(deps);
    this.#applier = new PlanApplier({
      ...deps,
      isCurrent: ({ evalId, evalToken }) => deps.broker.outstanding(evalId) === evalToken,
    });
    const { store } = deps;
    this.#canceled = new CancelReaper({ ...deps, writer: store });
    this.#failed = new FailedEvalReaper({ ...deps, writer: store, state: () => store.state() });
    deps.broker.onDidOvertake(() => {
      if (this.#term !== undefined) void this.#canceled.reap();
    });
  }

  get isLeading(): boolean {
    return this.#term !== undefined;
  }

  /** Takes over, once this server's state has all that was written before. A second call changes nothing. */
  gain(): void {
    if (this.#term !== undefined) return;
    const { queue, clock, blocked } = this.#deps;
    const ending = new AbortController();
    queue.setEnabled(true);
    // One at a time, also when the lead comes back at once and the last plan of before is still being written.
    this.#applying = this.#applying.then(() => this.#applier.run(ending.signal));
    const timers = [
      clock.setTicker(CANCEL_INTERVAL_MS, () => void this.#canceled.reap()),
      clock.setTicker(UNBLOCK_FAILED_INTERVAL_MS, () => blocked.unblockFailed()),
      clock.setTicker(GAUGES_INTERVAL_MS, () => this.#report()),
      clock.setTicker(CORE_INTERVAL_MS, () => this.#keepHouse()),
    ];
    this.#term = { ending, timers, serving: undefined };
    this.#resume();
  }

  /** Lets go of everything; who waits is told. */
  lose(): void {
    const term = this.#term;
    if (term === undefined) return;
    this.#deps.queue.setEnabled(false);
    this.#pause();
    this.#term = undefined;
    for (const timer of term.timers) timer.cancel();
    term.ending.abort(new Error('the lead is lost'));
  }

  /** The region's setting `PauseEvalBroker` has changed: while it is on, evaluations are written and nothing comes of them. */
  configured(): void {
    if (this.#term === undefined) return;
    if (this.#deps.store.state().configuration.pauseEvalBroker) this.#pause();
    else this.#resume();
  }

  #resume(): void {
    const { broker, blocked, store } = this.#deps;
    const { configuration, placementIndex } = store.state();
    if (this.#term === undefined || configuration.pauseEvalBroker || broker.isEnabled) return;
    broker.setEnabled(true);
    blocked.setEnabled(true);
    this.feed.restore(store.openEvaluations(), placementIndex);
    this.#term.serving = new AbortController();
    void this.#failed.run(this.#term.serving.signal);
  }

  #pause(): void {
    this.#term?.serving?.abort();
    this.#deps.broker.setEnabled(false);
    this.#deps.blocked.setEnabled(false);
    this.#canceled.clear();
  }

  /** Core evaluations are not written: the next round makes up for those that are lost. */
  #keepHouse(): void {
    const { broker, store, random } = this.#deps;
    for (const jobId of CORE_JOBS) broker.enqueue(coreEvaluation(jobId, store.state().index, random));
  }

  #report(): void {
    const { broker, blocked, queue, metrics } = this.#deps;
    const { ready, unacked, pending, waiting, cancelable, byType } = broker.stats();
    const { blocked: all, escaped, quotaLimit } = blocked.stats();
    const gauges = { ready, unacked, pending, waiting, cancelable, blocked: all, escaped, quotaLimit } as const;
    for (const [name, value] of Object.entries(gauges)) {
      metrics.setGauge(SCHEDULER_METRICS[name as keyof typeof gauges], value);
    }
    for (const [type, counts] of byType) {
      metrics.setGauge(`nomad.broker.${type}.ready`, counts.ready);
      metrics.setGauge(`nomad.broker.${type}.unacked`, counts.unacked);
    }
    metrics.setGauge(SCHEDULER_METRICS.planQueueDepth, queue.depth);
  }
}
