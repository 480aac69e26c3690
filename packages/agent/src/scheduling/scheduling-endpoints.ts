import type { RpcContribution, RpcEndpoint, RpcMethod } from '@steppe/rpc';
import { rpcEndpoint } from '@steppe/rpc';
import type { CoreStore, SchedulingEntrance } from '@steppe/scheduler';
import type { Leadership } from '@steppe/state';
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

export interface SchedulingEndpointsDeps {
  readonly entrance: SchedulingEntrance;
  readonly store: CoreStore;
  readonly leadership: Leadership;
}

/** What the leader answers to the scheduler workers of other servers. */
export class SchedulingEndpoints implements RpcContribution {
  readonly endpoints: readonly RpcEndpoint[];

  constructor({ entrance, store, leadership }: SchedulingEndpointsDeps) {
    const answer = <Request, Reply>(
      method: RpcMethod<Request, Reply>,
      handle: (request: Request, signal: AbortSignal) => Promise<Reply>,
    ): RpcEndpoint =>
      rpcEndpoint(method, async (request, { signal }) => {
        // Not passed on: who asks looks for the leader itself, and tries again.
        if (!leadership.isLeader) throw apiError('NO_LEADER');
        return handle(request, signal);
      });
    const done =
      <Request>(handle: (request: Request) => Promise<void>) =>
      async (request: Request): Promise<null> => {
        await handle(request);
        return null;
      };
    this.endpoints = [
      answer(EvalDequeue, async ({ types, ...options }, signal) => ({
        delivery: (await entrance.dequeue(types, { ...options, signal })) ?? null,
      })),
      answer(
        EvalAck,
        done(({ evalId, token }) => entrance.ack(evalId, token)),
      ),
      answer(
        EvalNack,
        done(({ evalId, token }) => entrance.nack(evalId, token)),
      ),
      answer(
        EvalUpdate,
        done(({ evaluation, token }) => entrance.updateEval(evaluation, token)),
      ),
      answer(
        EvalCreate,
        done(({ evaluation, token }) => entrance.createEval(evaluation, token)),
      ),
      answer(
        EvalReblock,
        done(({ evaluation, token }) => entrance.reblockEval(evaluation, token)),
      ),
      answer(PlanSubmit, (plan) => entrance.submitPlan(plan)),
      answer(
        EvalReap,
        done(({ evaluationIds, allocationIds }) => store.deleteEvaluations(evaluationIds, allocationIds)),
      ),
      answer(
        JobBatchDeregister,
        done(({ jobs }) => store.deleteJobs(jobs)),
      ),
      answer(
        NodeBatchDeregister,
        done(({ ids }) => store.deleteNodes(ids)),
      ),
    ];
  }
}
