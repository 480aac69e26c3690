import type { Evaluation, JobKey, Plan, PlanResult } from '@steppe/domain';
import type { RpcCallOptions, RpcClient, RpcMethod } from '@steppe/rpc';
import type { Clock } from '@steppe/runtime';
import type {
  AwaitIndexOptions,
  CoreState,
  CoreStore,
  Delivery,
  DequeueOptions,
  EvalSource,
  SchedulingEntrance,
  SchedulingLink,
  SchedulingState,
} from '@steppe/scheduler';
import { SCHEDULER_VERSION } from '@steppe/scheduler';
import type { Leader, Leadership } from '@steppe/state';
import { RPC_HOLD_MS } from '../cluster/cluster-view.js';
import { awaitLeader } from '../cluster/leader-wait.js';
import { apiError } from '../http/api-error.js';
import {
  EvalAck,
  EvalCreate,
  EvalDequeue,
  EvalNack,
  EvalReap,
  EvalReblock,
  EvalUpdate,
  JobBatchDeregister,
  NodeBatchDeregister,
  PlanSubmit,
} from './scheduling-methods.js';
import type { StateRegionStore } from './state-region-store.js';

export interface LeaderLinkDeps {
  readonly serverId: string;
  readonly entrance: SchedulingEntrance;
  readonly store: StateRegionStore;
  readonly leadership: Leadership;
  readonly rpc: RpcClient;
  readonly clock: Clock;
}

/** A plan may wait behind many others. */
const PLAN_TIMEOUT_MS = 120_000;
const CALL_TIMEOUT_MS = 30_000;

/**
 * The way of this server's scheduler workers to state and leader: they read the state here, and everything they want goes to
 * the leader, which may be this server.
 */
export class LeaderLink implements EvalSource, SchedulingLink, CoreStore {
  readonly #deps: LeaderLinkDeps;

  constructor(deps: LeaderLinkDeps) {
    this.#deps = deps;
  }

  async dequeue(types: readonly string[], options: DequeueOptions): Promise<Delivery | undefined> {
    const { timeoutMs, signal } = options;
    const request = { types, timeoutMs, schedulerVersion: SCHEDULER_VERSION };
    const { delivery } = await this.#ask(EvalDequeue, request, {
      here: async (entrance) => ({ delivery: (await entrance.dequeue(types, options)) ?? null }),
      timeoutMs: timeoutMs + CALL_TIMEOUT_MS,
      signal,
      whileItLeads: true,
    });
    return delivery ?? undefined;
  }

  async ack(evalId: string, token: string): Promise<void> {
    await this.#ask(EvalAck, { evalId, token }, { here: (entrance) => entrance.ack(evalId, token).then(nothing) });
  }

  async nack(evalId: string, token: string): Promise<void> {
    await this.#ask(EvalNack, { evalId, token }, { here: (entrance) => entrance.nack(evalId, token).then(nothing) });
  }

  stateAt(index: number, options: AwaitIndexOptions): Promise<SchedulingState> {
    return this.#deps.store.stateAt(index, options);
  }

  submitPlan(plan: Plan): Promise<PlanResult> {
    return this.#ask(PlanSubmit, plan, { here: (entrance) => entrance.submitPlan(plan), timeoutMs: PLAN_TIMEOUT_MS });
  }

  async updateEval(evaluation: Evaluation, token: string): Promise<void> {
    const here = (entrance: SchedulingEntrance) => entrance.updateEval(evaluation, token).then(nothing);
    await this.#ask(EvalUpdate, { evaluation, token }, { here });
  }

  async createEval(evaluation: Evaluation, token: string): Promise<void> {
    const here = (entrance: SchedulingEntrance) => entrance.createEval(evaluation, token).then(nothing);
    await this.#ask(EvalCreate, { evaluation, token }, { here });
  }

  async reblockEval(evaluation: Evaluation, token: string): Promise<void> {
    const here = (entrance: SchedulingEntrance) => entrance.reblockEval(evaluation, token).then(nothing);
    await this.#ask(EvalReblock, { evaluation, token }, { here });
  }

  state(): CoreState {
    return this.#deps.store.state();
  }

  async deleteEvaluations(evaluationIds: readonly string[], allocationIds: readonly string[]): Promise<void> {
    const here = () => this.#deps.store.deleteEvaluations(evaluationIds, allocationIds).then(nothing);
    await this.#ask(EvalReap, { evaluationIds, allocationIds }, { here });
  }

  async deleteJobs(jobs: readonly JobKey[]): Promise<void> {
    await this.#ask(JobBatchDeregister, { jobs }, { here: () => this.#deps.store.deleteJobs(jobs).then(nothing) });
  }

  async deleteNodes(ids: readonly string[]): Promise<void> {
    await this.#ask(NodeBatchDeregister, { ids }, { here: () => this.#deps.store.deleteNodes(ids).then(nothing) });
  }

  /** @throws NO_LEADER, and what the leader throws */
  async #ask<Request, Reply>(
    method: RpcMethod<Request, Reply>,
    request: Request,
    how: {
      readonly here: (entrance: SchedulingEntrance) => Promise<Reply>;
      readonly timeoutMs?: number;
      readonly signal?: AbortSignal;
      /** Whether the answer of a server that no longer leads is of no use. */
      readonly whileItLeads?: boolean;
    },
  ): Promise<Reply> {
    const { leadership, serverId, entrance, rpc, clock } = this.#deps;
    const { timeoutMs = CALL_TIMEOUT_MS, signal } = how;
    const withSignal = signal === undefined ? {} : { signal };
    const leader = await awaitLeader(leadership, { clock, timeoutMs: RPC_HOLD_MS, ...withSignal });
    if (leader.id === serverId) return how.here(entrance);
    const call = (options: RpcCallOptions) => rpc.call(leader.rpcAddress, method, request, { timeoutMs, ...options });
    return how.whileItLeads === true ? this.#whileLeading(leader, signal, call) : call(withSignal);
  }

  /** Gives up as soon as somebody else leads: one that does not answer any more must not keep a worker from the next. */
  async #whileLeading<T>(
    leader: Leader,
    signal: AbortSignal | undefined,
    call: (options: RpcCallOptions) => Promise<T>,
  ): Promise<T> {
    const { leadership } = this.#deps;
    // Not combined with `AbortSignal.any`: a worker's signal is as old as the worker, and would keep what is left of each call.
    const over = new AbortController();
    const giveUp = (): void => over.abort(signal?.reason);
    const unlisten = leadership.onDidChange(() => {
      const now = leadership.leader();
      if (now !== undefined && now.id !== leader.id) over.abort(apiError('NO_LEADER'));
    });
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      if (signal?.aborted === true) giveUp();
      return await call({ signal: over.signal });
    } finally {
      unlisten();
      signal?.removeEventListener('abort', giveUp);
    }
  }
}

const nothing = (): null => null;
