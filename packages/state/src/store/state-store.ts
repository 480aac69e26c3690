import { isSteppeError } from '@steppe/domain';
import type { Clock, Logger, Metrics, Phase, Startable } from '@steppe/runtime';
import type { Commit, StateImage } from '../change/commit.js';
import type { EngineLimits, StateEngine } from '../engine/state-engine.js';
import { stateError } from '../errors.js';
import type { Leadership } from '../leadership/leadership.js';
import { STATE_METRICS } from '../metrics.js';
import type { Table } from '../table/table.js';
import { GroupDraft, demandWithin } from './group-draft.js';
import { Projection } from './projection.js';
import type { StateTransaction } from './state-draft.js';
import type { StateSnapshot } from './state-snapshot.js';
import type { WaitOptions, WatchTarget } from './watches.js';
import { Watches } from './watches.js';

/** A value and the index it is true at. */
export interface Indexed<T> {
  readonly index: number;
  readonly value: T;
}

/**
 * The region's shared state: the tables that an ordered log of changes leads to.
 * Reads are of memory and never wait; writes wait until the engine has made them durable.
 */
export interface StateStore {
  /** Index of the newest commit applied here. */
  readonly index: number;
  readonly engine: string;
  /** How old the state here may be, milliseconds: since this server last heard of its leader's writes; 0 on the leader. */
  readonly ageMs: number;
  /** All tables as they are now. Costs nothing. */
  snapshot(): StateSnapshot;
  /**
   * Evaluates `work` against the newest state, after every transaction asked for before, and commits what it writes: all of
   * it or, when it throws, nothing. Resolves with what it returned, once that is durable and visible in {@link snapshot}.
   *
   * Transactions asked for at the same time may be committed together and then share an index; no two of them change the
   * same row. One that writes nothing resolves with the index of what it saw.
   * @param work - synchronous and without side effects: it may run again when a commit did not come about
   * @throws what `work` throws; STATE_NOT_LEADER, STATE_DEPOSED, STATE_TRANSACTION_TOO_LARGE, STATE_CLOSED: nothing was
   *   written; STATE_OUTCOME_UNKNOWN, STATE_STORAGE_FAILED: it may have been
   */
  transact<T>(work: (tx: StateTransaction) => T): Promise<Indexed<T>>;
  /**
   * Resolves with true once one of the targets changed beyond `index`, with false when the time is over or the caller gave
   * up. A row's index is its `modifyIndex`; of a row that does not exist, its table's.
   */
  waitBeyond(targets: WatchTarget | readonly WatchTarget[], index: number, options: WaitOptions): Promise<boolean>;
  /** Resolves when everything committed anywhere before the call is visible here. @throws STATE_ENGINE_UNAVAILABLE */
  catchUp(): Promise<void>;
  /**
   * Calls back after each commit, with the commit, and with `undefined` when everything may be different.
   * In order, before anybody who waits is woken; must not throw. Returns the way to stop that.
   */
  onDidCommit(listener: (commit: Commit | undefined) => void): () => void;
  /** The commits after `index`, oldest first; `undefined` when the log no longer reaches back that far. */
  commitsAfter(index: number): readonly Commit[] | undefined;
  /** Replaces everything, with the next index. @throws STATE_ROW_INVALID before anything is changed, and as `transact` */
  replace(image: StateImage): Promise<number>;
}

export interface StateStoreOptions {
  /** Every table that is going to be read or written. */
  readonly tables: readonly Table[];
}

export interface StateStoreDeps {
  readonly engine: StateEngine;
  /** Only a leader writes, even where nobody else could. Absent where there is no such thing. */
  readonly leadership?: Pick<Leadership, 'isLeader'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

interface Waiting {
  readonly work: (tx: StateTransaction) => unknown;
  resolve(result: Indexed<unknown>): void;
  reject(error: unknown): void;
}

interface Evaluated {
  readonly waiting: Waiting;
  readonly value: unknown;
}

/** How often a group is evaluated anew because somebody else wrote first. */
const MAX_CONFLICTS = 5;
/** Transactions committed together: more would only make the first of them wait. */
const MAX_GROUP: EngineLimits = { mutations: 4_096, bytes: 8 * 1_024 * 1_024 };
/** How long transactions of one group are evaluated, milliseconds: nothing else has its turn meanwhile. */
const MAX_EVALUATION_MS = 10;

/** The store over a {@link StateEngine}. Opens and closes it. */
export class EngineStateStore implements StateStore, Startable {
  readonly name = 'state';
  readonly phase: Phase = 'storage';
  readonly #deps: StateStoreDeps;
  readonly #projection: Projection;
  readonly #watches: Watches;
  readonly #listeners = new Set<(commit: Commit | undefined) => void>();
  #queue: Waiting[] = [];
  #exclusive: Promise<void> = Promise.resolve();
  #isDraining = false;
  #isOpen = false;
  /** Since the engine has told the state for the first time. */
  #isLoaded = false;
  #isTold = false;
  /** After an unclear outcome: nothing may be evaluated before we know what the log holds. */
  #mustCatchUp = false;

  constructor({ tables }: StateStoreOptions, deps: StateStoreDeps) {
    this.#deps = deps;
    this.#projection = new Projection(tables, {
      didCommit: (commit, changed) => {
        for (const listener of this.#listeners) listener(commit);
        this.#watches.didChange(changed);
        deps.metrics.setGauge(STATE_METRICS.appliedIndex, commit.index);
      },
      didReset: () => {
        this.#isLoaded = true;
        this.#tellOpened();
        for (const listener of this.#listeners) listener(undefined);
        this.#watches.didReset();
        deps.metrics.setGauge(STATE_METRICS.appliedIndex, this.index);
      },
    });
    this.#watches = new Watches((target) => this.#indexOf(target), { clock: deps.clock });
  }

  get index(): number {
    return this.#projection.snapshot.index;
  }

  get engine(): string {
    return this.#deps.engine.kind;
  }

  get ageMs(): number {
    const { engine, leadership } = this.#deps;
    return leadership?.isLeader === true ? 0 : engine.ageMs;
  }

  async start(): Promise<void> {
    const { engine } = this.#deps;
    try {
      await engine.open(this.#projection);
    } catch (error) {
      await engine.close();
      throw error;
    }
    this.#isOpen = true;
    this.#tellOpened();
  }

  /** Once, when the store is open and has its state, whichever comes last. */
  #tellOpened(): void {
    if (this.#isTold || !this.#isOpen || !this.#isLoaded) return;
    this.#isTold = true;
    this.#deps.logger.info('state opened', { engine: this.engine, index: this.index });
  }

  async stop(): Promise<void> {
    this.#isOpen = false;
    // What was asked for is either written or refused before the engine goes.
    await this.#exclusive;
    await this.#deps.engine.close();
  }

  snapshot(): StateSnapshot {
    return this.#projection.snapshot;
  }

  transact<T>(work: (tx: StateTransaction) => T): Promise<Indexed<T>> {
    return new Promise((resolve, reject) => {
      if (!this.#isOpen) {
        reject(closed());
        return;
      }
      this.#queue.push({ work, resolve: resolve as Waiting['resolve'], reject });
      if (this.#isDraining) return;
      this.#isDraining = true;
      void this.#alone(() => this.#drain());
    });
  }

  waitBeyond(targets: WatchTarget | readonly WatchTarget[], index: number, options: WaitOptions): Promise<boolean> {
    return this.#watches.waitBeyond('table' in targets ? [targets] : targets, index, options);
  }

  catchUp(): Promise<void> {
    return this.#deps.engine.catchUp();
  }

  onDidCommit(listener: (commit: Commit | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  commitsAfter(index: number): readonly Commit[] | undefined {
    return this.#deps.engine.tail(index);
  }

  replace(image: StateImage): Promise<number> {
    if (!this.#isOpen) return Promise.reject(closed());
    // Rows that cannot be read are found now, not when everything has been thrown away.
    const tables = [...this.snapshot().tables()].map(({ table }) => table);
    new Projection(tables, { didCommit: () => undefined, didReset: () => undefined }).reset(image);
    return this.#alone(async () => {
      await this.#demandWritable();
      return this.#deps.engine.replace(image);
    });
  }

  #indexOf({ table, key }: WatchTarget): number {
    const { snapshot } = this.#projection;
    return (key === undefined ? undefined : snapshot.get(table, key)?.modifyIndex) ?? snapshot.tableIndex(table);
  }

  /** Runs `work` when nothing else writes. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#exclusive.then(work);
    this.#exclusive = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#queue.length > 0) await this.#commitGroup();
    } finally {
      this.#isDraining = false;
    }
  }

  /** Takes as many transactions from the queue as go together, and sees them through. Never throws. */
  async #commitGroup(): Promise<void> {
    let taken: readonly Waiting[] = [];
    for (let conflicts = 0; ; conflicts += 1) {
      // Whoever was in the group that did not come about goes first again, in the same order.
      this.#queue.unshift(...taken);
      taken = [];
      try {
        await this.#demandWritable();
        const group = this.#evaluate();
        taken = group.evaluated.map(({ waiting }) => waiting);
        if (taken.length === 0) return;
        const index = group.draft.mutations.length === 0 ? this.index : await this.#append(group.draft, taken.length);
        for (const { waiting, value } of group.evaluated) waiting.resolve({ index, value });
        return;
      } catch (error) {
        if (isSteppeError(error, 'STATE_CONFLICT') && conflicts < MAX_CONFLICTS) {
          this.#mustCatchUp = true;
          continue;
        }
        this.#mustCatchUp ||=
          isSteppeError(error, 'STATE_OUTCOME_UNKNOWN') || isSteppeError(error, 'STATE_STORAGE_FAILED');
        this.#deps.metrics.incrCounter(STATE_METRICS.failed, 1, {
          code: isSteppeError(error) ? error.code : 'unknown',
        });
        // Refused before anything was taken: then it holds for all who wait.
        const refused = taken.length > 0 ? taken : this.#queue.splice(0);
        for (const waiting of refused) waiting.reject(error);
        return;
      }
    }
  }

  async #demandWritable(): Promise<void> {
    const { engine, leadership } = this.#deps;
    if (!engine.isWritable || leadership?.isLeader === false)
      throw stateError({ code: 'STATE_NOT_LEADER' }, 'No cluster leader');
    if (!this.#mustCatchUp) return;
    await engine.catchUp();
    this.#mustCatchUp = false;
  }

  /** Runs transactions from the head of the queue, each on what the ones before it wrote. Those that throw are told at once. */
  #evaluate(): { readonly draft: GroupDraft; readonly evaluated: readonly Evaluated[] } {
    const { clock, engine } = this.#deps;
    const { limits } = engine;
    const begunMs = clock.monotonic();
    const group = new GroupDraft(this.index + 1, this.#projection.tables, {
      mutations: Math.min(limits.mutations, MAX_GROUP.mutations),
      bytes: Math.min(limits.bytes, MAX_GROUP.bytes),
    });
    const evaluated: Evaluated[] = [];
    while (evaluated.length === 0 || clock.monotonic() - begunMs < MAX_EVALUATION_MS) {
      const [waiting] = this.#queue;
      if (waiting === undefined) break;
      const draft = group.next();
      try {
        const value = waiting.work(draft);
        if (value instanceof Promise) throw new TypeError('the work of a transaction must not be asynchronous');
        demandWithin(draft, limits);
        if (!group.take(draft)) break;
        evaluated.push({ waiting, value });
      } catch (error) {
        waiting.reject(error);
      }
      this.#queue.shift();
    }
    return { draft: group, evaluated };
  }

  async #append(draft: GroupDraft, transactions: number): Promise<number> {
    const { engine, clock, metrics } = this.#deps;
    const start = clock.monotonic();
    this.#projection.expect(draft);
    const index = await engine.append(draft.mutations);
    metrics.addSample(STATE_METRICS.commitMs, clock.monotonic() - start);
    metrics.addSample(STATE_METRICS.groupSize, transactions);
    metrics.incrCounter(STATE_METRICS.applied, transactions);
    return index;
  }
}

const closed = () => stateError({ code: 'STATE_CLOSED' }, 'the state is not open');
