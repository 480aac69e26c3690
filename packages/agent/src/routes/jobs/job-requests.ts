import type { Job, JobSubmission } from '@steppe/domain';
import {
  anyMap,
  flag,
  goQuote,
  integer,
  JOB_SUBMISSION_WIRE,
  JOB_WIRE,
  object,
  optional,
  parseGoBool,
  parseGoInt,
  text,
  textMap,
  wireSchema,
} from '@steppe/domain';
import { apiError } from '../../http/api-error.js';
import { jsonBody } from '../../http/request/json-body.js';
import type { Query } from '../../http/request/query.js';
import type { ScaleOptions } from '../../jobs/job-registry.js';

const REGISTER_WIRE = wireSchema({
  job: object('Job', JOB_WIRE),
  submission: object('Submission', JOB_SUBMISSION_WIRE),
  enforceIndex: flag('EnforceIndex'),
  jobModifyIndex: integer('JobModifyIndex'),
  evalPriority: integer('EvalPriority'),
  preserveCounts: flag('PreserveCounts'),
  preserveResources: flag('PreserveResources'),
  /** Of plans: whether the difference is wanted. */
  diff: flag('Diff'),
});

/** A job, and how it is to be registered. */
export interface RegisterRequest {
  readonly job: Job;
  readonly submission: JobSubmission | undefined;
  readonly enforceIndex: number | undefined;
  readonly evalPriority: number;
  readonly preserveCounts: boolean;
  readonly preserveResources: boolean;
  readonly diff: boolean;
}

export interface RegisterTarget {
  /** As the path says; `undefined` where it does not. */
  readonly id: string | undefined;
  readonly query: Query;
}

/**
 * The body of everything that takes a whole job. A job that names no namespace is in the one that the request names.
 * @throws BODY_EMPTY, BODY_INVALID, FIELD_INVALID, FIELD_UNSUPPORTED, JOB_MISSING, JOB_ID_MISSING, JOB_ID_MISMATCH
 */
export function decodeRegister(body: Buffer, { id, query }: RegisterTarget): RegisterRequest {
  const { job, enforceIndex, jobModifyIndex, ...rest } = REGISTER_WIRE.decode(jsonBody(body), 'Request');
  if (job === undefined) throw apiError('JOB_MISSING');
  if (job.id === '') throw apiError('JOB_ID_MISSING');
  if (id !== undefined && job.id !== id) throw apiError('JOB_ID_MISMATCH');
  const namespace = job.namespace || query.get('namespace');
  return { ...rest, job: { ...job, namespace }, enforceIndex: enforceIndex ? jobModifyIndex : undefined };
}

const EVALUATE_WIRE = wireSchema({
  jobId: text('JobID'),
  options: object('EvalOptions', wireSchema({ forceReschedule: flag('ForceReschedule') })),
});

/** The body of `/v1/job/:id/evaluate`; an empty one asks for nothing special. */
export function decodeEvaluate(body: Buffer, id: string): { readonly forceReschedule: boolean } {
  if (body.length === 0) return { forceReschedule: false };
  const { jobId, options } = EVALUATE_WIRE.decode(jsonBody(body), 'Request');
  demandSame(jobId, id);
  return { forceReschedule: options?.forceReschedule ?? false };
}

const SCALE_WIRE = wireSchema({
  count: optional(integer('Count')),
  target: textMap('Target'),
  message: text('Message'),
  error: flag('Error'),
  meta: anyMap('Meta'),
  jobModifyIndex: integer('JobModifyIndex'),
});

/** What is told with a scaling, bytes of JSON: 20 of them are kept in one row of each group. */
const MAX_TOLD_BYTES = 16 * 1_024;

/** The body of `/v1/job/:id/scale`. @throws JOB_REQUEST_INVALID naming what is missing or contradicts */
export function decodeScale(body: Buffer, id: string): Omit<ScaleOptions, 'isManagement'> {
  const { count, target, jobModifyIndex, ...told } = SCALE_WIRE.decode(jsonBody(body), 'Request');
  if (target['Job'] !== undefined) demandSame(target['Job'], id);
  const group = target['Group'] ?? '';
  if (group === '') throw apiError('JOB_REQUEST_INVALID', 'missing task group name for scaling action');
  if (told.error && count !== undefined) {
    throw apiError('JOB_REQUEST_INVALID', 'scaling action should not contain count if error is true');
  }
  if (count !== undefined && count < 0) throw apiError('JOB_REQUEST_INVALID', "scaling action count can't be negative");
  const size = Buffer.byteLength(JSON.stringify(told));
  if (size > MAX_TOLD_BYTES) {
    throw apiError('JOB_REQUEST_INVALID', `Message and Meta have ${size} bytes, more than ${MAX_TOLD_BYTES}`);
  }
  return { group, count, told, enforceIndex: jobModifyIndex === 0 ? undefined : jobModifyIndex };
}

const REVERT_WIRE = wireSchema({
  jobId: text('JobID'),
  version: integer('JobVersion'),
  enforcePriorVersion: optional(integer('EnforcePriorVersion')),
});

/** The body of `/v1/job/:id/revert`. */
export function decodeRevert(body: Buffer, id: string) {
  const { jobId, ...rest } = REVERT_WIRE.decode(jsonBody(body), 'Request');
  demandSame(jobId, id);
  return rest;
}

const PARSE_WIRE = wireSchema(
  { hcl: text('JobHCL'), canonicalize: flag('Canonicalize') },
  { unsupported: { Variables: 'variables' } },
);

/** The body of `/v1/jobs/parse`. @throws JOB_REQUEST_INVALID without a text */
export function decodeParse(body: Buffer) {
  const request = PARSE_WIRE.decode(jsonBody(body), 'Request');
  if (request.hcl === '') throw apiError('JOB_REQUEST_INVALID', 'Job spec is empty');
  return request;
}

/** Nomad: a job that the body names must be the path's; one may leave it out. */
function demandSame(named: string, id: string): void {
  if (named !== '' && named !== id) throw apiError('JOB_ID_MISMATCH');
}

/** A parameter that is true or false. @throws JOB_REQUEST_INVALID naming it */
export function flagParameter(query: Query, name: string, fallback = false): boolean {
  const given = query.get(name);
  const value = given === '' ? fallback : parseGoBool(given);
  if (value !== undefined) return value;
  throw apiError('JOB_REQUEST_INVALID', `Failed to parse value of ${goQuote(name)} (${given}) as a bool`);
}

/** A parameter that is an integer, 0 when it is missing. @throws JOB_REQUEST_INVALID naming it */
export function integerParameter(query: Query, name: string): number {
  const given = query.get(name);
  const value = given === '' ? 0n : parseGoInt(given);
  if (value !== undefined && value === BigInt.asIntN(32, value)) return Number(value);
  throw apiError('JOB_REQUEST_INVALID', `Failed to parse value of ${goQuote(name)} (${given}) as an int`);
}
