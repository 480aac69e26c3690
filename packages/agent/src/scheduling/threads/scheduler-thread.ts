import type { Evaluation, PlanResult } from '@steppe/domain';
import { errorMessage } from '@steppe/domain';
import type { Clock, Random } from '@steppe/runtime';
import type { DraftPlan, Planner, PlanOutcome, SchedulerContribution } from '@steppe/scheduler';
import { BUILT_IN_SCHEDULERS, builtInScheduler } from '@steppe/scheduler';
import type { ImagePiece, StateSnapshot } from '@steppe/state';
import { imageOf, Projection } from '@steppe/state';
import { RegionView } from '../region-view.js';
import { SCHEDULING_TABLES } from './scheduling-tables.js';
import type { FromThread, PlannerCall, ToThread } from './thread-messages.js';

export interface SchedulerThreadDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly post: (message: FromThread) => void;
}

interface Awaited {
  readonly index: number;
  resolve(snapshot: StateSnapshot): void;
}

interface Call {
  resolve(result: PlanResult | undefined): void;
  reject(error: unknown): void;
}

/**
 * A scheduler away from the server's event loop: it keeps its own copy of the tables that schedulers look at, and does one
 * evaluation at a time. What it wants is asked of the worker that gave it the evaluation.
 */
export class SchedulerThread {
  readonly #deps: SchedulerThreadDeps;
  readonly #schedulers: ReadonlyMap<string, SchedulerContribution>;
  readonly #projection: Projection;
  readonly #awaited = new Set<Awaited>();
  readonly #calls = new Map<number, Call>();
  /** Of a state that is on its way. */
  #pieces: ImagePiece[] = [];
  #lastCall = 0;
  #aborting = new AbortController();

  constructor(deps: SchedulerThreadDeps) {
    this.#deps = deps;
    const wake = (): void => this.#wake();
    this.#projection = new Projection(SCHEDULING_TABLES, { didCommit: wake, didReset: wake });
    const schedulers = BUILT_IN_SCHEDULERS.map((type) => builtInScheduler(type, deps));
    this.#schedulers = new Map(schedulers.map((scheduler) => [scheduler.type, scheduler]));
  }

  receive(message: ToThread): void {
    switch (message.kind) {
      case 'load':
        this.#pieces = [];
        return;
      case 'piece':
        this.#pieces.push(message.piece);
        return;
      case 'loaded':
        this.#projection.reset(imageOf(message.index, this.#pieces));
        this.#pieces = [];
        return;
      case 'commit':
        this.#projection.commit(message.commit);
        return;
      case 'process':
        void this.#process(message.evaluation, message.index);
        return;
      case 'answer':
        this.#take(message.call)?.resolve(message.result);
        return;
      case 'refused':
        this.#take(message.call)?.reject(new Error(message.message));
        return;
      case 'abort':
        this.#aborting.abort(new Error(message.message));
        return;
    }
  }

  async #process(evaluation: Evaluation, index: number): Promise<void> {
    this.#aborting = new AbortController();
    try {
      const scheduler = this.#schedulers.get(evaluation.type);
      if (scheduler === undefined) throw new Error(`no scheduler for evaluations of type ${evaluation.type}`);
      const planner = await this.#planner(index);
      await scheduler.process(evaluation, planner, { signal: this.#aborting.signal });
      this.#deps.post({ kind: 'done' });
    } catch (error) {
      this.#deps.post({ kind: 'failed', message: errorMessage(error) });
    }
  }

  async #planner(index: number): Promise<Planner> {
    const state = new RegionView(await this.#stateAt(index));
    const tell = async (ask: PlannerCall): Promise<void> => {
      await this.#ask(ask);
    };
    return {
      state,
      submitPlan: (plan) => this.#submit(plan),
      updateEval: (evaluation) => tell({ method: 'updateEval', evaluation }),
      createEval: (evaluation) => tell({ method: 'createEval', evaluation }),
      reblockEval: (evaluation) => tell({ method: 'reblockEval', evaluation }),
    };
  }

  async #submit(plan: DraftPlan): Promise<PlanOutcome> {
    const result = await this.#ask({ method: 'submitPlan', plan });
    if (result === undefined) throw new Error('the plan was not answered');
    if (result.refreshIndex === 0) return { result, newState: undefined };
    return { result, newState: new RegionView(await this.#stateAt(result.refreshIndex)) };
  }

  #ask(ask: PlannerCall): Promise<PlanResult | undefined> {
    this.#lastCall += 1;
    const call = this.#lastCall;
    return new Promise((resolve, reject) => {
      this.#calls.set(call, { resolve, reject });
      this.#deps.post({ kind: 'call', call, ask });
    });
  }

  #take(call: number): Call | undefined {
    const waiting = this.#calls.get(call);
    this.#calls.delete(call);
    return waiting;
  }

  /** The commits up to an index that the server has seen are on their way. */
  #stateAt(index: number): Promise<StateSnapshot> {
    const { snapshot } = this.#projection;
    if (snapshot.index >= index) return Promise.resolve(snapshot);
    return new Promise((resolve) => {
      this.#awaited.add({ index, resolve });
    });
  }

  #wake(): void {
    const { snapshot } = this.#projection;
    for (const waiting of this.#awaited) {
      if (snapshot.index < waiting.index) continue;
      this.#awaited.delete(waiting);
      waiting.resolve(snapshot);
    }
  }
}
