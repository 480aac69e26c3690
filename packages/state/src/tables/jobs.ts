import type { Job, JobKey, JobSubmission, ScalingEvent } from '@steppe/domain';
import { JOB_WIRE } from '@steppe/domain';
import { defineTable, orderedNumber } from '../table/table.js';
import { schemaCodec } from '../table/wire-codec.js';

/** How a job is named in keys and indexes. A namespace has no slash, a job's id no blank. */
export const jobKey = ({ namespace, id }: JobKey): string => `${namespace}/${id}`;

/** Where a job stands; what it asks for is in {@link JOB_VERSIONS}. */
export interface JobRow extends JobKey {
  /** Its newest version. */
  readonly version: number;
  /** `pending`, `running` or `dead`. */
  readonly status: string;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

/** By {@link jobKey}. */
export const JOBS = defineTable<JobRow>({ name: 'jobs', key: jobKey });

/** The key of a version. Keys of one job are in the order of its versions. */
export const jobVersionKey = (job: JobKey, version: number): string => `${jobKey(job)} ${orderedNumber(version)}`;

/**
 * What jobs ask for, by {@link jobVersionKey}. A row is never written again, so that its index is the job modify index that its
 * version goes by.
 */
export const JOB_VERSIONS = defineTable<Job>({
  name: 'job_versions',
  key: (job) => jobVersionKey(job, job.version),
  codec: schemaCodec(JOB_WIRE, 'Job'),
  indexes: { job: { values: jobKey } },
});

/** What versions were written down as, by {@link jobVersionKey}; of those whose owners have told. */
export interface JobSubmissionRow extends JobKey, JobSubmission {
  readonly version: number;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

export const JOB_SUBMISSIONS = defineTable<JobSubmissionRow>({
  name: 'job_submissions',
  key: (row) => jobVersionKey(row, row.version),
  indexes: { job: { values: jobKey } },
});

/** What has been told of the scaling of a group, the newest first. */
export interface ScalingEventsRow extends JobKey {
  readonly group: string;
  /** The newest has the `createIndex` 0 for that of the row's last write, which nobody knows before it is made. */
  readonly events: readonly ScalingEvent[];
  readonly createIndex: number;
  readonly modifyIndex: number;
}

export const scalingEventsKey = (job: JobKey, group: string): string => `${jobKey(job)} ${group}`;

/** By {@link scalingEventsKey}. */
export const SCALING_EVENTS = defineTable<ScalingEventsRow>({
  name: 'scaling_events',
  key: (row) => scalingEventsKey(row, row.group),
  indexes: { job: { values: jobKey } },
});
