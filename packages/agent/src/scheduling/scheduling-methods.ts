import type { Evaluation, JobKey, Plan, PlanResult } from '@steppe/domain';
import { defineRpcMethod } from '@steppe/rpc';
import type { Delivery } from '@steppe/scheduler';

/** What scheduler workers of other servers ask of the leader. Only a leader answers. */
const callers = ['server'] as const;

interface Handed {
  readonly evaluation: Evaluation;
  readonly token: string;
}

export const EvalDequeue = defineRpcMethod<
  { readonly types: readonly string[]; readonly timeoutMs: number; readonly schedulerVersion: number },
  { readonly delivery: Delivery | null }
>('Eval.Dequeue', { callers });
export const EvalAck = defineRpcMethod<{ readonly evalId: string; readonly token: string }, null>('Eval.Ack', {
  callers,
});
export const EvalNack = defineRpcMethod<{ readonly evalId: string; readonly token: string }, null>('Eval.Nack', {
  callers,
});
export const EvalUpdate = defineRpcMethod<Handed, null>('Eval.Update', { callers });
export const EvalCreate = defineRpcMethod<Handed, null>('Eval.Create', { callers });
export const EvalReblock = defineRpcMethod<Handed, null>('Eval.Reblock', { callers });
export const PlanSubmit = defineRpcMethod<Plan, PlanResult>('Plan.Submit', { callers });

/** What housekeeping has deleted. */
export const EvalReap = defineRpcMethod<
  { readonly evaluationIds: readonly string[]; readonly allocationIds: readonly string[] },
  null
>('Eval.Reap', { callers });
export const JobBatchDeregister = defineRpcMethod<{ readonly jobs: readonly JobKey[] }, null>('Job.BatchDeregister', {
  callers,
});
export const NodeBatchDeregister = defineRpcMethod<{ readonly ids: readonly string[] }, null>('Node.BatchDeregister', {
  callers,
});
