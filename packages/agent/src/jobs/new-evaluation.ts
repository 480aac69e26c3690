import type { Evaluation, EvaluationTrigger, Job } from '@steppe/domain';
import { EVALUATION_WIRE } from '@steppe/domain';

/** Of which job an evaluation is, and what it is to be worth. */
type EvaluatedJob = Pick<Job, 'namespace' | 'id' | 'type' | 'priority' | 'jobModifyIndex'>;

export interface NewEvaluation {
  /** Made before the transaction, which may run more than once. */
  readonly id: string;
  readonly triggeredBy: EvaluationTrigger;
  /** Unix milliseconds. */
  readonly nowMs: number;
}

/** An evaluation that is to be delivered at once. */
export function newEvaluation(job: EvaluatedJob, { id, triggeredBy, nowMs }: NewEvaluation): Evaluation {
  return {
    ...EVALUATION_WIRE.empty,
    id,
    namespace: job.namespace,
    priority: job.priority,
    type: job.type,
    triggeredBy,
    jobId: job.id,
    jobModifyIndex: job.jobModifyIndex,
    status: 'pending',
    createTimeMs: nowMs,
    modifyTimeMs: nowMs,
  };
}
