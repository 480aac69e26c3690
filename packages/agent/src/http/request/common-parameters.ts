import { isSteppeError, nanosecondsToMs, parseGoBool, parseGoDuration, parseGoInt } from '@steppe/domain';
import { apiError } from '../api-error.js';
import type { Query } from './query.js';

/** The parameters most GET handlers share. */
export interface CommonParameters {
  /** Empty means the agent's own. */
  readonly region: string;
  readonly stale: boolean;
  readonly prefix: string;
  readonly filter: string;
  readonly nextToken: string;
  /** 0 means all. */
  readonly perPage: number;
  readonly reverse: boolean;
  /** Greater than 0 makes the query block until the data is newer. */
  readonly index: bigint;
  /** Milliseconds; 0 means the default. */
  readonly waitMs: number;
}

const MAX_INT32 = 2n ** 31n - 1n;
const MAX_UINT64 = 2n ** 64n - 1n;

/**
 * Parses the shared parameters in the reference's order; the first bad one ends the request.
 * @throws STALE_INVALID, PER_PAGE_INVALID, WAIT_INVALID, INDEX_INVALID
 */
export function parseCommonParameters(query: Query): CommonParameters {
  return {
    region: query.get('region'),
    stale: parseStale(query),
    prefix: query.get('prefix'),
    filter: query.get('filter'),
    nextToken: query.get('next_token'),
    perPage: parsePerPage(query.get('per_page')),
    reverse: query.get('reverse') === 'true',
    waitMs: parseWait(query.get('wait')),
    index: parseIndex(query.get('index')),
  };
}

function parseStale(query: Query): boolean {
  if (!query.has('stale')) return false;
  const text = query.get('stale');
  const value = text === '' ? true : parseGoBool(text);
  if (value === undefined) throw apiError('STALE_INVALID');
  return value;
}

function parsePerPage(text: string): number {
  if (text === '') return 0;
  const value = parseGoInt(text);
  if (value === undefined || value > MAX_INT32 || value < -MAX_INT32) throw apiError('PER_PAGE_INVALID');
  return Math.max(0, Number(value));
}

function parseWait(text: string): number {
  if (text === '') return 0;
  try {
    return Math.max(0, nanosecondsToMs(parseGoDuration(text)));
  } catch (error) {
    if (isSteppeError(error, 'DURATION_INVALID')) throw apiError('WAIT_INVALID');
    throw error;
  }
}

function parseIndex(text: string): bigint {
  if (text === '') return 0n;
  if (!/^\d{1,20}$/.test(text)) throw apiError('INDEX_INVALID');
  const value = BigInt(text);
  if (value > MAX_UINT64) throw apiError('INDEX_INVALID');
  return value;
}
