import type { SchedulingEligibility } from '@steppe/domain';
import { goQuote, isSteppeError, nanosecondsToMs, parseGoDuration } from '@steppe/domain';
import { apiError } from '../http/api-error.js';
import { decodeJsonObject, fieldsOf } from '../http/request/body.js';
import type { DrainRequest } from '../nodes/node-availability.js';

type Fields = ReadonlyMap<string, unknown>;

/** The body of a change of eligibility. @throws BODY_EMPTY, BODY_INVALID, NODE_CHANGE_INVALID */
export function decodeEligibility(body: Buffer): SchedulingEligibility {
  const eligibility = decodeJsonObject(body).get('eligibility') ?? '';
  if (eligibility === 'eligible' || eligibility === 'ineligible') return eligibility;
  throw invalid(
    eligibility === ''
      ? 'Eligibility must be eligible or ineligible'
      : `invalid scheduling eligibility ${typeof eligibility === 'string' ? goQuote(eligibility) : JSON.stringify(eligibility)}`,
  );
}

/** The body of a drain request. @throws BODY_EMPTY, BODY_INVALID, NODE_CHANGE_INVALID naming the field */
export function decodeDrain(body: Buffer): DrainRequest {
  const fields = decodeJsonObject(body);
  const spec = fields.get('drainspec');
  return {
    spec: spec === undefined ? undefined : decodeSpec(spec),
    markEligible: flag(fields, 'MarkEligible'),
    meta: decodeMeta(fields.get('meta') ?? {}),
  };
}

function decodeSpec(value: unknown): DrainRequest['spec'] {
  const fields = fieldsOf(value);
  if (fields === undefined) throw invalid(`DrainSpec must be an object, got ${JSON.stringify(value)}`);
  return {
    deadlineMs: decodeDeadline(fields.get('deadline') ?? 0),
    ignoreSystemJobs: flag(fields, 'IgnoreSystemJobs'),
  };
}

/** Nanoseconds, or a duration as Go writes it. */
function decodeDeadline(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value < 0 ? -1 : value / 1_000_000;
  if (typeof value === 'string') {
    try {
      const ms = nanosecondsToMs(parseGoDuration(value));
      return ms < 0 ? -1 : ms;
    } catch (error) {
      if (!isSteppeError(error, 'DURATION_INVALID')) throw error;
    }
  }
  throw invalid(`DrainSpec.Deadline must be a duration in nanoseconds, got ${JSON.stringify(value)}`);
}

function decodeMeta(value: unknown): Readonly<Record<string, string>> {
  const entries = value !== null && typeof value === 'object' && !Array.isArray(value) ? Object.entries(value) : [];
  const isText = (entry: readonly [string, unknown]): entry is [string, string] => typeof entry[1] === 'string';
  if (typeof value !== 'object' || Array.isArray(value) || !entries.every(isText)) {
    throw invalid(`Meta must be an object of texts, got ${JSON.stringify(value)}`);
  }
  return Object.fromEntries(entries.filter(isText));
}

function flag(fields: Fields, name: string): boolean {
  const value = fields.get(name.toLowerCase()) ?? false;
  if (typeof value === 'boolean') return value;
  throw invalid(`${name} must be true or false, got ${JSON.stringify(value)}`);
}

const invalid = (reason: string) => apiError('NODE_CHANGE_INVALID', reason);
