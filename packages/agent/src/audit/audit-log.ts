import type { ResolvedCaller } from '@steppe/acl';
import { callerLabel } from '@steppe/acl';
import { encodeTimestamp, SteppeError } from '@steppe/domain';
import { RotatingLogFile } from '@steppe/log-stream';
import type { Clock, Phase, Startable } from '@steppe/runtime';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { ApiCall } from '../http/request/api-call.js';
import type { ChainEnd } from './audit-record.js';
import { chainRecord, CHAIN_START, verifyRecord } from './audit-record.js';

export interface AuditLogOptions {
  /** `undefined` while it is off. */
  readonly path: string | undefined;
}

/** A request that is being answered. */
export interface AuditedRequest {
  /** Who asks, once that is known. */
  readonly by: (caller: ResolvedCaller) => void;
  end(status: number): void;
}

const READING: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Far above any record of ours: paths are bounded by the size of a request's head. */
const MAX_RECORD_BYTES = 64 * 1_024;

/**
 * Who asked to change what, and whether they could: lines of JSON, each with a hash that covers the line before, so that a
 * record cannot be changed or taken out without a trace. Requests do not wait for the disk.
 */
export class AuditLog implements Startable {
  readonly name = 'audit-log';
  readonly phase: Phase = 'storage';
  readonly #file: RotatingLogFile | undefined;
  readonly #clock: Clock;
  #end = CHAIN_START;

  /**
   * Goes on with the chain that the file has.
   * @throws LOG_FILE_UNWRITABLE; AUDIT_LOG_INVALID for a file that does not end with a record
   */
  constructor({ path }: AuditLogOptions, { clock }: { readonly clock: Clock }) {
    this.#clock = clock;
    if (path === undefined) return;
    this.#file = new RotatingLogFile({ path, rotateDurationMs: 0 }, { clock });
    this.#end = lastRecord(this.#file.currentPath);
  }

  async start(): Promise<void> {
    // The constructor has opened it.
  }

  async stop(): Promise<void> {
    await this.#file?.close();
  }

  /**
   * Begins the record of a request; `undefined` for one that only reads, and for all while the log is off.
   * @param mutates - it does not only read, whatever its method says
   */
  begin(call: ApiCall, { mutates = false }: { readonly mutates?: boolean } = {}): AuditedRequest | undefined {
    if (this.#file === undefined) return undefined;
    if (!mutates && READING.has(call.method)) return undefined;
    let caller = '';
    return {
      by: (resolved) => {
        caller = callerLabel(resolved);
      },
      end: (status) => this.#write(call, caller, status),
    };
  }

  #write(call: ApiCall, caller: string, status: number): void {
    const { line, end } = chainRecord(
      {
        time: encodeTimestamp(this.#clock.now()),
        requestId: call.id,
        hops: call.hops,
        method: call.method,
        path: call.url.replace(/\?.*/s, ''),
        caller,
        decision: status === 403 ? 'denied' : 'authorised',
        status,
      },
      this.#end,
    );
    this.#end = end;
    this.#file?.write(line);
  }
}

/** Where the chain of a file stands. */
function lastRecord(path: string): ChainEnd {
  const line = lastLine(path);
  if (line === undefined) return CHAIN_START;
  // Only the record itself is looked at: the whole chain is for `steppe audit verify`.
  const { Seq: sequence, Prev: hash } = parsed(line, path);
  const end = verifyRecord(line, { sequence: sequence - 1, hash });
  if (typeof end === 'string') throw invalid(path, end);
  return end;
}

function parsed(line: string, path: string): { readonly Seq: number; readonly Prev: string } {
  try {
    const record = JSON.parse(line) as { readonly Seq: number; readonly Prev: string } | null;
    if (typeof record?.Seq === 'number' && typeof record.Prev === 'string') return record;
  } catch {
    // Told below.
  }
  throw invalid(path, 'not a record');
}

function lastLine(path: string): string | undefined {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const tail = Buffer.alloc(Math.min(size, MAX_RECORD_BYTES));
    readSync(file, tail, 0, tail.length, size - tail.length);
    return tail.toString('utf8').trimEnd().split('\n').at(-1) || undefined;
  } finally {
    closeSync(file);
  }
}

const invalid = (path: string, reason: string): SteppeError =>
  new SteppeError(
    { code: 'AUDIT_LOG_INVALID', path },
    `audit_log.path: the last line of ${path} cannot be continued: ${reason}; move the file away to begin a new one`,
  );
