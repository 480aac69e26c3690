import type { Allocation, Evaluation, Job, JobKey } from '@steppe/domain';
import { isClientTerminal, jobStatus } from '@steppe/domain';
import type { JobRow, StateReader, StateTransaction } from '@steppe/state';
import { ALLOCATIONS, EVALUATIONS, JOB_SUBMISSIONS, JOB_VERSIONS, jobKey, JOBS, jobVersionKey } from '@steppe/state';
import { deleteScalingEvents } from './scaling-events.js';

/** Jobs put together are kept as long as their rows are: schedulers ask for one again and again. */
const composed = new WeakMap<JobRow, Job>();

/** A job as it stands: its newest version, and what the servers note about it. */
export function readJob(reader: StateReader, key: JobKey): Job | undefined {
  const row = reader.get(JOBS, jobKey(key));
  return row === undefined ? undefined : jobOfRow(reader, row);
}

/** The job that a row of {@link JOBS} stands for. */
export function jobOfRow(reader: StateReader, row: JobRow): Job {
  const known = composed.get(row);
  if (known !== undefined) return known;
  const version = reader.get(JOB_VERSIONS, jobVersionKey(row, row.version));
  if (version === undefined) throw new Error(`job ${jobKey(row)} has no version ${row.version}`);
  const { status, createIndex, modifyIndex } = row;
  const job = Object.freeze({ ...version, status, createIndex, modifyIndex, jobModifyIndex: version.modifyIndex });
  composed.set(row, job);
  return job;
}

/** All versions that are kept of a job, the newest first. */
export function jobVersions(reader: StateReader, key: JobKey): readonly Job[] {
  return [...reader.find(JOB_VERSIONS, 'job', jobKey(key))].map(asKept).toReversed();
}

/** The version that has an index of its own, see `Job.jobModifyIndex`. */
export function jobVersion(reader: StateReader, key: JobKey, jobModifyIndex: number): Job | undefined {
  for (const version of reader.find(JOB_VERSIONS, 'job', jobKey(key))) {
    if (version.modifyIndex === jobModifyIndex) return asKept(version);
  }
  return undefined;
}

/** The version of its job that an allocation belongs to, or what is left of the job; nothing of one that has been purged. */
export function jobOfAllocation(
  reader: StateReader,
  { namespace, jobId, jobModifyIndex }: Allocation,
): Job | undefined {
  const key = { namespace, id: jobId };
  return jobVersion(reader, key, jobModifyIndex) ?? readJob(reader, key);
}

const asKept = (version: Job): Job => ({ ...version, jobModifyIndex: version.modifyIndex });

export const evaluationsOfJob = (reader: StateReader, key: JobKey): Iterable<Evaluation> =>
  reader.find(EVALUATIONS, 'job', jobKey(key));

export const allocationsOfJob = (reader: StateReader, key: JobKey): Iterable<Allocation> =>
  reader.find(ALLOCATIONS, 'job', jobKey(key));

/** Writes a new version of a job; how many there have been is counted here. @param keep - versions kept, besides those in use */
export function putJobVersion(tx: StateTransaction, job: Job, { keep }: { readonly keep: number }): void {
  // A job that has been purged may have left versions that something still runs by.
  const last = tx.get(JOBS, jobKey(job))?.version ?? jobVersions(tx, job)[0]?.version ?? -1;
  const version = last + 1;
  tx.put(JOB_VERSIONS, { ...job, version, status: '' });
  const { namespace, id } = job;
  const row = { namespace, id, version };
  tx.put(JOBS, { ...row, status: jobStatus(job, allocationsOfJob(tx, job), evaluationsOfJob(tx, job)) });
  dropVersions(tx, job, [...tx.find(JOB_VERSIONS, 'job', jobKey(job))].slice(0, -keep));
}

/** Writes where a job stands after its evaluations or allocations have changed. */
export function refreshJobStatus(tx: StateTransaction, key: JobKey): void {
  const row = tx.get(JOBS, jobKey(key));
  if (row === undefined) return;
  const status = jobStatus(jobOfRow(tx, row), allocationsOfJob(tx, key), evaluationsOfJob(tx, key));
  if (status !== row.status) tx.put(JOBS, { ...row, status });
}

/**
 * Deletes a job with what was told of its scaling and all its versions, but for those that something still runs by: its node has
 * to be told to stop it. What there is of evaluations and allocations stays.
 */
export function deleteJob(tx: StateTransaction, key: JobKey): void {
  tx.delete(JOBS, jobKey(key));
  deleteScalingEvents(tx, key);
  dropVersions(tx, key, [...tx.find(JOB_VERSIONS, 'job', jobKey(key))]);
}

/** After allocations have gone: the versions that were left for them go, too, where there is no such job any more. */
export function forgetPurged(tx: StateTransaction, key: JobKey): void {
  if (tx.get(JOBS, jobKey(key)) === undefined) dropVersions(tx, key, [...tx.find(JOB_VERSIONS, 'job', jobKey(key))]);
}

/** Deletes versions that nothing runs by. */
function dropVersions(tx: StateTransaction, key: JobKey, versions: readonly Job[]): void {
  if (versions.length === 0) return;
  const inUse = new Set<number>();
  for (const allocation of allocationsOfJob(tx, key)) {
    if (!isClientTerminal(allocation)) inUse.add(allocation.jobModifyIndex);
  }
  for (const { version, modifyIndex } of versions) {
    if (inUse.has(modifyIndex)) continue;
    tx.delete(JOB_VERSIONS, jobVersionKey(key, version));
    tx.delete(JOB_SUBMISSIONS, jobVersionKey(key, version));
  }
}
