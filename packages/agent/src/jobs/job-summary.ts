import type { Evaluation, Job } from '@steppe/domain';
import type { StateReader } from '@steppe/state';
import { allocationsOfJob, evaluationsOfJob } from '../scheduling/job-rows.js';

/** How many allocations of a group are in which state. The names are the API's. */
export interface GroupSummary {
  /** Wanted, and not placed. */
  Queued: number;
  Complete: number;
  Failed: number;
  Running: number;
  Starting: number;
  Lost: number;
  Unknown: number;
}

const COUNTED: Readonly<Record<string, keyof GroupSummary>> = {
  pending: 'Starting',
  running: 'Running',
  complete: 'Complete',
  failed: 'Failed',
  lost: 'Lost',
  unknown: 'Unknown',
};

/** How a job is doing, by group: worked out of its allocations and of what its newest evaluation could not place. */
export function groupSummaries(reader: StateReader, job: Job): Readonly<Record<string, Readonly<GroupSummary>>> {
  const groups = new Map(job.taskGroups.map(({ name }) => [name, noneOf()]));
  for (const { taskGroup, clientStatus } of allocationsOfJob(reader, job)) {
    const field = COUNTED[clientStatus];
    if (field === undefined) continue;
    const group = groups.get(taskGroup) ?? noneOf();
    groups.set(taskGroup, group);
    group[field] += 1;
  }
  const queued = job.stop ? {} : (newestCount(reader, job)?.queuedAllocations ?? {});
  for (const [name, count] of Object.entries(queued)) {
    const group = groups.get(name);
    if (group !== undefined) group.Queued = count;
  }
  return Object.fromEntries(groups);
}

const noneOf = (): GroupSummary => ({
  Queued: 0,
  Complete: 0,
  Failed: 0,
  Running: 0,
  Starting: 0,
  Lost: 0,
  Unknown: 0,
});

/** The evaluation that said last what is still to be placed; those of an earlier job of the name do not count. */
function newestCount(reader: StateReader, job: Job): Evaluation | undefined {
  let newest: Evaluation | undefined;
  for (const evaluation of evaluationsOfJob(reader, job)) {
    if (evaluation.createIndex < job.createIndex || Object.keys(evaluation.queuedAllocations).length === 0) continue;
    if (newest === undefined || evaluation.modifyIndex > newest.modifyIndex) newest = evaluation;
  }
  return newest;
}

/** The summary as the API shows it. @param index - of everything that it is worked out of */
export const jobSummary = (reader: StateReader, job: Job, index: number) => ({
  JobID: job.id,
  Namespace: job.namespace,
  Summary: groupSummaries(reader, job),
  Children: { Dead: 0, Pending: 0, Running: 0 },
  CreateIndex: job.createIndex,
  ModifyIndex: index,
});
