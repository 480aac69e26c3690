import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { ChainEnd } from './audit-record.js';
import { CHAIN_START, verifyRecord } from './audit-record.js';

export interface AuditVerdict {
  /** Records that are as they were written, up to the first that is not. */
  readonly records: number;
  /** Hash of the last of them: whoever keeps it elsewhere can tell later that none is missing at the end. */
  readonly hash: string;
  /** Line of the first that is not, from 1, and what is wrong; absent when all are. */
  readonly problem?: { readonly line: number; readonly reason: string };
}

/** Checks the whole chain of an audit log. Rejects when the file cannot be read. */
export async function verifyAuditLog(path: string): Promise<AuditVerdict> {
  let end: ChainEnd = CHAIN_START;
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1;
    const next = verifyRecord(text, end);
    if (typeof next === 'string') return { records: end.sequence, hash: end.hash, problem: { line, reason: next } };
    end = next;
  }
  return { records: end.sequence, hash: end.hash };
}
