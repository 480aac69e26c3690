import type { Job } from '@steppe/domain';
import { JOB_WIRE } from '@steppe/domain';
import type { StateReader } from '@steppe/state';
import { jobSummary } from '../../jobs/job-summary.js';
import type { JobWrite } from '../../jobs/job-registry.js';
import type { Reply } from '../../http/reply/reply.js';
import { json } from '../../http/reply/reply.js';

/** One row of `GET /v1/jobs`. @param index - of everything that its summary is worked out of */
export const jobStub = (reader: StateReader, job: Job, index: number) => ({
  ID: job.id,
  ParentID: job.parentId,
  Name: job.name,
  Namespace: job.namespace,
  Datacenters: job.datacenters,
  NodePool: job.nodePool,
  Type: job.type,
  Priority: job.priority,
  Periodic: false,
  ParameterizedJob: false,
  Stop: job.stop,
  Status: job.status,
  StatusDescription: job.statusDescription,
  JobSummary: jobSummary(reader, job, index),
  CreateIndex: job.createIndex,
  ModifyIndex: job.modifyIndex,
  JobModifyIndex: job.jobModifyIndex,
  SubmitTime: JOB_WIRE.encode(job)['SubmitTime'],
  Version: job.version,
});

/** What every change of a job is answered. */
export const jobWritten = ({ evalId, evalCreateIndex, jobModifyIndex, index, warnings }: JobWrite): Reply =>
  json(
    {
      EvalID: evalId,
      EvalCreateIndex: evalCreateIndex,
      JobModifyIndex: jobModifyIndex,
      Warnings: warnings,
      Index: index,
      KnownLeader: false,
      LastContact: 0,
      NextToken: '',
    },
    { 'X-Nomad-Index': `${index}` },
  );
