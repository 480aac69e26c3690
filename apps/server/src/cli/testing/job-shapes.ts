/** Nanoseconds of a moment so many milliseconds ago. */
const agoNs = (ms: number): number => (Date.now() - ms) * 1e6;

const SUBMITTED_NS = Date.UTC(2026, 0, 2, 3, 4, 5) * 1e6;

/** A row of `GET /v1/jobs`. */
export const jobStubOf = (id: string, changes: object = {}) => ({
  ID: id,
  Name: id,
  Namespace: 'default',
  NodePool: 'default',
  Type: 'service',
  Priority: 50,
  Stop: false,
  Status: 'running',
  SubmitTime: SUBMITTED_NS,
  ...changes,
});

/** `GET /v1/job/:id`, with one group `app`. */
export const jobOf = (id: string, changes: object = {}) => ({
  ...jobStubOf(id),
  Datacenters: ['*'],
  Version: 1,
  Stable: false,
  StatusDescription: '',
  JobModifyIndex: 12,
  TaskGroups: [{ Name: 'app', Count: 2, Tasks: [{ Name: 'server', Driver: 'raw_exec' }] }],
  ...changes,
});

export const ALLOC_ID = '5b1c0d9a-3333-4333-8333-000000000003';
export const NODE_ID = 'fb2170a8-4444-4444-8444-000000000004';
export const EVAL_ID = '26cfc69e-1111-4111-8111-000000000001';

/** A row of a list of allocations. */
export const allocOf = (changes: object = {}) => ({
  ID: ALLOC_ID,
  EvalID: EVAL_ID,
  Name: 'web.app[0]',
  Namespace: 'default',
  NodeID: NODE_ID,
  NodeName: 'alder',
  JobID: 'web',
  JobVersion: 1,
  TaskGroup: 'app',
  DesiredStatus: 'run',
  ClientStatus: 'running',
  CreateIndex: 20,
  CreateTime: agoNs(3_690_000),
  ModifyTime: agoNs(7_230_000),
  ...changes,
});

export const evalOf = (changes: object = {}) => ({
  ID: EVAL_ID,
  Namespace: 'default',
  Type: 'service',
  Priority: 50,
  TriggeredBy: 'job-register',
  JobID: 'web',
  Status: 'complete',
  CreateIndex: 10,
  CreateTime: SUBMITTED_NS,
  ...changes,
});
