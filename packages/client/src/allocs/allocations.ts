import type { Allocation, NodeRegistration } from '@steppe/domain';
import { errorMessage, isClientTerminal, isServerTerminal, isUuid } from '@steppe/domain';
import type { Clock, Logger, Metrics, Random } from '@steppe/runtime';
import type { TaskDriver } from '../drivers/task-driver.js';
import { clientError } from '../errors.js';
import { CLIENT_METRICS } from '../metrics.js';
import type { AllocReport, ClientAllocation } from '../servers/alloc-link.js';
import type { AllocFolders } from './alloc-folders.js';
import type { AllocStore } from './alloc-record.js';
import { AllocReporter } from './alloc-reporter.js';
import type { AllocRunnerDeps } from './alloc-runner.js';
import { AllocRunner } from './alloc-runner.js';
import type { WatchedAllocations } from './alloc-watch.js';
import type { AllocationUsage } from './allocation-usage.js';
import { UsageMeter } from './allocation-usage.js';
import { DisconnectStop } from './disconnect-stop.js';
import { LatestOnly } from './latest-only.js';

export interface AllocationsOptions {
  /** `client.max_kill_timeout`. */
  readonly maxKillTimeoutMs: number;
  /** `client.gc_max_allocs`: with more than these, the oldest that have ended are removed. */
  readonly maxAllocs: number;
}

export interface AllocationsDeps {
  readonly drivers: ReadonlyMap<string, TaskDriver>;
  readonly folders: AllocFolders;
  readonly store: AllocStore;
  readonly node: () => NodeRegistration;
  /** What tasks may see of the agent's environment. */
  readonly host: Readonly<Record<string, string>>;
  /** Tells the servers; rejects when they did not take it. */
  readonly send: (reports: readonly AllocReport[]) => Promise<void>;
  /** Has tokens of an allocation's tasks signed anew. */
  readonly signIdentities: AllocRunnerDeps['signIdentities'];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** An allocation of the node, and what it is doing. */
export interface AllocationState extends AllocReport {
  readonly allocation: Allocation;
}

/** A report that the servers take at all, they take at once; whoever asked waits no longer than a request may last. */
const END_ACKNOWLEDGED_WAIT_MS = 5_000;

interface Held {
  readonly runner: AllocRunner;
  readonly saves: LatestOnly;
  /** What it was on disk when the agent started: the servers are asked for it once more, for its tokens. */
  isStale: boolean;
}

/** The allocations of this node: made, changed and removed as the servers say, kept over restarts, and reported. */
export class Allocations implements WatchedAllocations {
  readonly #options: AllocationsOptions;
  readonly #deps: AllocationsDeps;
  readonly #held = new Map<string, Held>();
  /** Nothing is left here of these but the memory that they need not be run: `allocModifyIndex` by id. */
  readonly #over = new Map<string, number>();
  readonly #reporter: AllocReporter;
  readonly #disconnect: DisconnectStop;
  readonly #usage: UsageMeter;
  /** Who waits for servers to take the end of an allocation, by what ends the wait. */
  readonly #awaitingEnd = new Map<() => void, AllocRunner>();
  #isFirstBeat = true;

  constructor(options: AllocationsOptions, deps: AllocationsDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#reporter = new AllocReporter({ ...deps, onAcknowledged: (id) => void this.#acknowledged(id) });
    this.#usage = new UsageMeter(deps);
    this.#disconnect = new DisconnectStop({ clock: deps.clock, runners: () => this.#runners() });
  }

  /** Goes on with what ran before the agent was restarted. */
  async restore(): Promise<void> {
    const { store, logger } = this.#deps;
    for (const { acknowledged, ...record } of await store.load()) {
      const { allocation, job } = record;
      this.#reporter.restore(allocation.id, acknowledged);
      const options = { ...this.#options, record: { ...record, acknowledged } };
      this.#hold(new AllocRunner({ allocation, job, identities: [] }, options, this.#runnerDeps()), { isStale: true });
      logger.info('allocation restored', { alloc_id: allocation.id });
    }
    for (const runner of this.#runners()) this.#start(runner);
    this.#disconnect.look();
  }

  outdated(allocs: Readonly<Record<string, number>>): readonly string[] {
    return Object.entries(allocs)
      .filter(([id, index]) => {
        const held = this.#held.get(id);
        if (held === undefined) return (this.#over.get(id) ?? -1) < index;
        return held.isStale || held.runner.assigned.allocation.allocModifyIndex < index;
      })
      .map(([id]) => id);
  }

  apply(allocs: Readonly<Record<string, number>>, changed: readonly ClientAllocation[]): void {
    for (const id of this.#over.keys()) {
      if (Object.hasOwn(allocs, id)) continue;
      this.#over.delete(id);
      this.#reporter.forget(id);
    }
    for (const runner of this.#runners()) if (!Object.hasOwn(allocs, runner.id)) void this.#destroy(runner);
    for (const assigned of changed) this.#take(assigned);
    this.#disconnect.look();
    this.#collect();
  }

  /**
   * A server accepted a registration or heartbeat. @param options - `isAnew`: the node had been out of touch, and the servers
   * wait to hear of all its allocations before they call it ready
   */
  contact({ isBeat, isAnew }: { readonly isBeat: boolean; readonly isAnew: boolean }): void {
    this.#disconnect.contact();
    this.#reporter.open();
    // How long the agent was away before it was started, nobody here knows.
    if (isAnew || (isBeat && this.#isFirstBeat)) {
      this.#reporter.repeat(this.#runners().flatMap((runner) => (runner.isTerminal ? [] : [runner.report])));
    }
    if (isBeat) this.#isFirstBeat = false;
  }

  list(): readonly AllocationState[] {
    return this.#runners().map(({ assigned, report }) => ({ ...report, allocation: assigned.allocation }));
  }

  /** What tasks use now. Rejects with CLIENT_ALLOC_UNKNOWN. */
  async usage(id: string): Promise<AllocationUsage> {
    return this.#usage.read(this.get(id));
  }

  /** @throws CLIENT_ALLOC_UNKNOWN */
  get(id: string): AllocRunner {
    const held = this.#held.get(id);
    if (held === undefined) {
      throw clientError({ code: 'CLIENT_ALLOC_UNKNOWN', allocId: id }, `Unknown allocation ${JSON.stringify(id)}`);
    }
    return held.runner;
  }

  /**
   * Removes what is left of one that has ended, once the servers have taken that it has. Rejects with CLIENT_ALLOC_UNKNOWN,
   * CLIENT_ALLOC_NOT_ENDED.
   */
  async collect(id: string): Promise<void> {
    const runner = this.get(id);
    if (runner.isTerminal && !this.#isCollectable(runner)) await this.#endAcknowledged(runner);
    if (!this.#isCollectable(runner)) {
      throw clientError(
        { code: 'CLIENT_ALLOC_NOT_ENDED', allocId: id },
        `Allocation ${JSON.stringify(id)} has not ended, or the servers do not take that it has`,
      );
    }
    await this.#discard(runner);
  }

  /** Removes what is left of all that have ended, one after another: the disk is there for those that run. */
  async collectAll(): Promise<void> {
    for (const runner of this.#collectable()) await this.#discard(runner);
  }

  /** Removes what is left of the one that has been over for the longest. @returns whether there was one */
  async collectOldest(): Promise<boolean> {
    const [oldest] = this.#collectable();
    if (oldest === undefined) return false;
    await this.#discard(oldest);
    return true;
  }

  /** @param options - `killTasks`: ends them; otherwise they go on without the agent */
  async stop({ killTasks }: { readonly killTasks: boolean }): Promise<void> {
    const held = [...this.#held.values()];
    this.#disconnect.stop();
    this.#reporter.stop();
    for (const settle of this.#awaitingEnd.keys()) settle();
    if (killTasks) {
      await Promise.all(held.map(({ runner }) => runner.stop({ noShutdownDelay: true, withoutPoststop: true })));
    }
    await Promise.all(held.map(({ runner }) => runner.detach()));
    await Promise.all(held.map(({ saves }) => saves.request()));
  }

  #runners(): readonly AllocRunner[] {
    return [...this.#held.values()].map(({ runner }) => runner);
  }

  #take(assigned: ClientAllocation): void {
    const { allocation } = assigned;
    const { id, allocModifyIndex } = allocation;
    const held = this.#held.get(id);
    if (held !== undefined) {
      held.isStale = false;
      held.runner.update(assigned);
      return;
    }
    if (!isUuid(id)) {
      this.#deps.logger.warn('allocation has an id that is none', { alloc_id: id });
      return;
    }
    if (isClientTerminal(allocation) || isServerTerminal(allocation)) {
      this.#over.set(id, allocModifyIndex);
      // It has not run since anybody here remembers: the servers wait to hear that it does not.
      if (!isClientTerminal(allocation)) {
        this.#reporter.update({
          id,
          clientStatus: 'complete',
          clientDescription: 'All tasks have completed',
          taskStates: allocation.taskStates,
        });
      }
      return;
    }
    const runner = new AllocRunner(assigned, this.#options, this.#runnerDeps());
    this.#hold(runner, { isStale: false });
    runner.confirm();
    this.#start(runner);
  }

  #hold(runner: AllocRunner, { isStale }: { readonly isStale: boolean }): void {
    const saves = new LatestOnly(() => this.#save(runner));
    this.#held.set(runner.id, { runner, saves, isStale });
    void runner.ended.then(() => this.#collect());
  }

  #start(runner: AllocRunner): void {
    const before = this.#held.get(runner.assigned.allocation.previousAllocation)?.runner;
    runner.start({ after: before });
  }

  #runnerDeps() {
    return { ...this.#deps, onChange: (runner: AllocRunner) => this.#changed(runner) };
  }

  #changed(runner: AllocRunner): Promise<void> {
    const held = this.#held.get(runner.id);
    if (held?.runner !== runner) return Promise.resolve();
    this.#reporter.update(runner.report);
    this.#gauges();
    return held.saves.request();
  }

  async #save(runner: AllocRunner): Promise<void> {
    if (this.#held.get(runner.id)?.runner !== runner) return;
    const { store, logger } = this.#deps;
    try {
      await store.save({ ...runner.record, acknowledged: this.#reporter.digest(runner.id) });
    } catch (error) {
      // It runs all the same; only a restart of the agent would miss it.
      logger.error('allocation cannot be kept', { alloc_id: runner.id, error: errorMessage(error) });
    }
  }

  async #acknowledged(id: string): Promise<void> {
    await this.#held.get(id)?.saves.request();
    for (const [settle, runner] of this.#awaitingEnd) if (this.#isCollectable(runner)) settle();
    this.#collect();
  }

  /** Resolves when the servers have taken the end of an allocation, or have not for too long. */
  #endAcknowledged(runner: AllocRunner): Promise<void> {
    return new Promise((resolve) => {
      const settle = (): void => {
        timer.cancel();
        this.#awaitingEnd.delete(settle);
        resolve();
      };
      const timer = this.#deps.clock.setTimer(END_ACKNOWLEDGED_WAIT_MS, settle);
      this.#awaitingEnd.set(settle, runner);
    });
  }

  /** The servers have forgotten it: nothing of it is to be left. */
  async #destroy(runner: AllocRunner): Promise<void> {
    await runner.stop({ noShutdownDelay: true, withoutPoststop: true });
    if (runner.isTerminal) await this.#remove(runner);
  }

  /** Removes the oldest that have ended, where there are too many. */
  #collect(): void {
    const over = this.#held.size - this.#options.maxAllocs;
    if (over > 0) for (const runner of this.#collectable().slice(0, over)) void this.#discard(runner);
  }

  /** What has ended, as servers know, the oldest first. */
  #collectable(): readonly AllocRunner[] {
    return this.#runners()
      .filter((runner) => this.#isCollectable(runner))
      .toSorted((a, b) => endOf(a) - endOf(b));
  }

  #isCollectable({ isTerminal, report }: AllocRunner): boolean {
    return isTerminal && this.#reporter.isAcknowledged(report);
  }

  /** The servers still have it; it is not run again. */
  async #discard(runner: AllocRunner): Promise<void> {
    this.#over.set(runner.id, runner.assigned.allocation.allocModifyIndex);
    await this.#remove(runner);
  }

  async #remove(runner: AllocRunner): Promise<void> {
    const held = this.#held.get(runner.id);
    if (held?.runner !== runner) return;
    this.#held.delete(runner.id);
    this.#reporter.forget(runner.id);
    this.#gauges();
    const { folders, store, logger } = this.#deps;
    try {
      // What is being written comes first, or it would be there again.
      await held.saves.request();
      await folders.remove(runner.id);
      await store.remove(runner.id);
      logger.info('allocation removed', { alloc_id: runner.id });
    } catch (error) {
      logger.warn('allocation cannot be removed', { alloc_id: runner.id, error: errorMessage(error) });
    }
  }

  #gauges(): void {
    const statuses = this.#runners().map(({ report }) => report.clientStatus);
    const count = (status: string): number => statuses.filter((each) => each === status).length;
    this.#deps.metrics.setGauge(CLIENT_METRICS.allocsRunning, count('running'));
    this.#deps.metrics.setGauge(CLIENT_METRICS.allocsPending, count('pending'));
    this.#deps.metrics.setGauge(CLIENT_METRICS.allocsTerminal, count('complete') + count('failed'));
  }
}

const endOf = ({ report }: AllocRunner): number =>
  Math.max(0, ...Object.values(report.taskStates).map(({ finishedAtMs }) => finishedAtMs));
