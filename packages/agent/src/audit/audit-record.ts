import { createHash } from 'node:crypto';

/** One request that would change something, and what became of it. No body, no query, no secret. */
export interface AuditEntry {
  /** RFC 3339. */
  readonly time: string;
  readonly requestId: string;
  /** Agents that had passed it on. */
  readonly hops: number;
  readonly method: string;
  readonly path: string;
  /** `token:<accessor>` or `client:<node>`; empty when nobody could tell. */
  readonly caller: string;
  readonly decision: 'authorised' | 'denied';
  readonly status: number;
}

/** Where a chain of records stands. */
export interface ChainEnd {
  /** Number of the last record; 0 before the first. */
  readonly sequence: number;
  /** Its hash. */
  readonly hash: string;
}

/** In front of the first record. */
export const CHAIN_START: ChainEnd = { sequence: 0, hash: '0'.repeat(64) };

/** A line of the log, newline included, and where the chain stands with it. Each hash covers its line and the hash before. */
export function chainRecord(entry: AuditEntry, before: ChainEnd): { readonly line: string; readonly end: ChainEnd } {
  const sequence = before.sequence + 1;
  const content = {
    Seq: sequence,
    Time: entry.time,
    RequestID: entry.requestId,
    Hops: entry.hops,
    Method: entry.method,
    Path: entry.path,
    Caller: entry.caller,
    Decision: entry.decision,
    Status: entry.status,
    Prev: before.hash,
  };
  const hash = hashOf(content);
  return { line: `${JSON.stringify({ ...content, Hash: hash })}\n`, end: { sequence, hash } };
}

/**
 * Checks one line against the one before.
 * @returns where the chain stands with it; a text says what is wrong
 */
export function verifyRecord(line: string, before: ChainEnd): ChainEnd | string {
  let record: { readonly Hash?: unknown; readonly Seq?: unknown; readonly Prev?: unknown };
  try {
    record = JSON.parse(line) as typeof record;
  } catch {
    return 'not a record';
  }
  if (typeof record !== 'object' || record === null || Array.isArray(record)) return 'not a record';
  const { Hash: hash, ...content } = record;
  if (typeof hash !== 'string' || hashOf(content) !== hash) return 'its content does not match its hash';
  if (content.Prev !== before.hash) return 'it does not follow the record before it';
  if (content.Seq !== before.sequence + 1) return `its number is ${String(content.Seq)}, not ${before.sequence + 1}`;
  return { sequence: before.sequence + 1, hash };
}

const hashOf = (content: object): string => createHash('sha256').update(JSON.stringify(content)).digest('hex');
