import type { Allocation } from '../allocation/allocation.js';
import { isTerminalAllocation } from '../allocation/allocation.js';
import type { Evaluation } from '../evaluation/evaluation.js';
import { isTerminalEvaluation } from '../evaluation/evaluation.js';
import type { Job, JobStatus } from './job.js';

/**
 * Where a job stands, by what there is of it.
 * @see spec "Job status" of scheduling
 */
export function jobStatus(
  { type, stop }: Pick<Job, 'type' | 'stop'>,
  allocations: Iterable<Pick<Allocation, 'desiredStatus' | 'clientStatus'>>,
  evaluations: Iterable<Pick<Evaluation, 'status'>>,
): JobStatus {
  if (type === 'system') return stop ? 'dead' : 'running';
  for (const allocation of allocations) {
    if (!isTerminalAllocation(allocation)) return 'running';
  }
  let hasEvaluations = false;
  for (const evaluation of evaluations) {
    if (!isTerminalEvaluation(evaluation)) return 'pending';
    hasEvaluations = true;
  }
  return hasEvaluations || stop ? 'dead' : 'pending';
}
