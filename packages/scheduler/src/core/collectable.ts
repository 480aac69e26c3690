import type { Allocation, Evaluation, Job, JobKey, Node } from '@steppe/domain';
import { isClientTerminal, isTerminalAllocation, isTerminalEvaluation } from '@steppe/domain';
import { isReplaceable } from '../reconcile/reschedule.js';

/** All there is that may be collected, as of one index. */
export interface CoreState {
  evaluations(): Iterable<Evaluation>;
  allocations(): Iterable<Allocation>;
  jobs(): Iterable<Job>;
  nodes(): Iterable<Node>;
}

/** Moments before which things must have ended, Unix milliseconds. */
export interface Cutoffs {
  readonly evaluations: number;
  /** Of batch jobs. */
  readonly batchEvaluations: number;
  readonly jobs: number;
  readonly nodes: number;
}

/** What nobody needs any more. */
export interface Collectable {
  readonly jobs: readonly JobKey[];
  readonly evaluationIds: readonly string[];
  readonly allocationIds: readonly string[];
}

const keyOf = (namespace: string, id: string): string => `${namespace}\0${id}`;

/** {@link CoreState}, found by what things belong to. */
class Belongings {
  readonly jobs = new Map<string, Job>();
  readonly evaluationsOfJob = new Map<string, Evaluation[]>();
  readonly allocationsOfJob = new Map<string, Allocation[]>();
  readonly allocationsOfEval = new Map<string, Allocation[]>();

  constructor(state: CoreState) {
    for (const job of state.jobs()) this.jobs.set(keyOf(job.namespace, job.id), job);
    for (const each of state.evaluations()) append(this.evaluationsOfJob, keyOf(each.namespace, each.jobId), each);
    for (const each of state.allocations()) {
      append(this.allocationsOfJob, keyOf(each.namespace, each.jobId), each);
      append(this.allocationsOfEval, each.evalId, each);
    }
  }
}

/**
 * Evaluations that have ended long ago, with their allocations; an evaluation stays as long as one of those does.
 * @see spec "Core jobs" of scheduling
 */
export function collectableEvaluations(state: CoreState, cutoffs: Cutoffs): Collectable {
  const belongings = new Belongings(state);
  const evaluationIds: string[] = [];
  const allocationIds: string[] = [];
  for (const evaluation of state.evaluations()) {
    const job = belongings.jobs.get(keyOf(evaluation.namespace, evaluation.jobId));
    const allocations = belongings.allocationsOfEval.get(evaluation.id) ?? [];
    const isBatch = evaluation.type === 'batch' || evaluation.type === 'sysbatch';
    const cutoff = isBatch ? cutoffs.batchEvaluations : cutoffs.evaluations;
    if (!isOver(evaluation, cutoff)) continue;
    // What a batch job has done would be done again if it were forgotten.
    if (isBatch && isAlive(job) && allocations.some((each) => each.jobModifyIndex >= job.jobModifyIndex)) continue;
    if (!allocations.every((each) => isCollectable(each, job, cutoff))) continue;
    evaluationIds.push(evaluation.id);
    allocationIds.push(...allocations.map(({ id }) => id));
  }
  return { jobs: [], evaluationIds, allocationIds };
}

/** Jobs that are dead, with all their evaluations and allocations, once those have ended long ago. */
export function collectableJobs(state: CoreState, cutoffs: Cutoffs): Collectable {
  const { jobs, evaluationsOfJob, allocationsOfJob } = new Belongings(state);
  const found: JobKey[] = [];
  const evaluationIds: string[] = [];
  const allocationIds: string[] = [];
  for (const [key, job] of jobs) {
    if (job.status !== 'dead' || job.submitTimeMs > cutoffs.jobs) continue;
    const evaluations = evaluationsOfJob.get(key) ?? [];
    const allocations = allocationsOfJob.get(key) ?? [];
    const isAllOver =
      evaluations.every((each) => isOver(each, cutoffs.jobs)) &&
      allocations.every((each) => isCollectable(each, job, cutoffs.jobs));
    if (!isAllOver) continue;
    found.push({ namespace: job.namespace, id: job.id });
    evaluationIds.push(...evaluations.map(({ id }) => id));
    allocationIds.push(...allocations.map(({ id }) => id));
  }
  return { jobs: found, evaluationIds, allocationIds };
}

/** Ids of nodes that have been down for long and have nothing left. */
export function collectableNodes(state: CoreState, cutoffs: Cutoffs): readonly string[] {
  const occupied = new Set<string>();
  for (const allocation of state.allocations()) {
    if (!isTerminalAllocation(allocation)) occupied.add(allocation.nodeId);
  }
  return [...state.nodes()]
    .filter(
      ({ id, status, statusUpdatedAt }) =>
        status === 'down' && statusUpdatedAt * 1_000 <= cutoffs.nodes && !occupied.has(id),
    )
    .map(({ id }) => id);
}

const isOver = (evaluation: Evaluation, cutoff: number): boolean =>
  isTerminalEvaluation(evaluation) && evaluation.modifyTimeMs <= cutoff;

const isAlive = (job: Job | undefined): job is Job => job !== undefined && !job.stop && job.status !== 'dead';

/** It has ended on its node as well, and whether it is replaced does not depend on it any more. */
function isCollectable(allocation: Allocation, job: Job | undefined, cutoff: number): boolean {
  if (!isClientTerminal(allocation) || allocation.modifyTimeMs > cutoff) return false;
  if (!isAlive(job) || allocation.desiredStatus !== 'run' || allocation.clientStatus !== 'failed') return true;
  const policy = job.taskGroups.find(({ name }) => name === allocation.taskGroup)?.reschedulePolicy;
  return !isReplaceable(allocation, policy);
}

function append<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
