import { errorMessage, msToNanoseconds } from '@steppe/domain';
import type { Clock, Metrics } from '@steppe/runtime';
import { noMetrics } from '@steppe/runtime';
import { existsSync, fstatSync, mkdirSync, openSync, readdirSync, renameSync, unlinkSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import sonic from 'sonic-boom';
import type { SonicBoom } from 'sonic-boom';
import { logStreamError } from '../errors.js';
import type { LogSink } from '../hub/log-hub.js';
import { LOG_METRICS } from '../metrics.js';

const DEFAULT_NAME = 'nomad.log';
/** Readable by the agent's group, as logs may name internal addresses. */
const MODE = 0o640;
/** What a stuck disk may hold back in memory; lines beyond it are lost and counted. */
const MAX_PENDING_BYTES = 16 * 1024 * 1024;

export interface LogFileOptions {
  /** `log_file`: a file, or a directory when it ends in `/`, where the file is then `nomad.log`. */
  readonly path: string;
  /** `log_rotate_bytes`: begin a new file once this many bytes are written; 0, the default, is no limit. */
  readonly rotateBytes?: number;
  /** `log_rotate_duration`, milliseconds: begin a new file once this one is older; default 24 h. */
  readonly rotateDurationMs?: number;
  /** `log_rotate_max_files`: rotated files kept beside the current one; 0, the default, keeps all; below 0 keeps none. */
  readonly maxFiles?: number;
}

export interface LogFileDeps {
  readonly clock: Clock;
  readonly metrics?: Metrics;
}

/** Where a configured `log_file` really is. */
export function logFilePath(configured: string): string {
  return configured.endsWith('/') ? join(configured, DEFAULT_NAME) : configured;
}

/**
 * A log file that is renamed to `<name>-<unix nanoseconds>.log` when it is too large or too old. Writing never waits for
 * the disk; the lines of one file are in order, and rotation loses none.
 */
export class RotatingLogFile implements LogSink {
  /** The file now written to. */
  readonly currentPath: string;
  readonly #rotateBytes: number;
  readonly #rotateDurationMs: number;
  readonly #maxFiles: number;
  readonly #clock: Clock;
  readonly #metrics: Metrics;
  readonly #closing = new Set<Promise<void>>();
  #file: SonicBoom;
  #written = 0;
  #openedAt = 0;
  #closed = false;

  /**
   * Opens the file for appending; missing directories are made.
   * @throws LOG_FILE_UNWRITABLE
   */
  constructor(options: LogFileOptions, { clock, metrics = noMetrics }: LogFileDeps) {
    this.currentPath = logFilePath(options.path);
    this.#rotateBytes = options.rotateBytes ?? 0;
    this.#rotateDurationMs = options.rotateDurationMs ?? 24 * 3_600_000;
    this.#maxFiles = options.maxFiles ?? 0;
    this.#clock = clock;
    this.#metrics = metrics;
    try {
      mkdirSync(dirname(this.currentPath), { recursive: true });
      this.#file = this.#open();
    } catch (error) {
      const detail = { code: 'LOG_FILE_UNWRITABLE', path: this.currentPath } as const;
      throw logStreamError(detail, `open ${this.currentPath}: ${errorMessage(error)}`, error);
    }
  }

  /** Appends a line, after rotating if that is due. Does nothing once closed. */
  write(line: string): void {
    if (this.#closed) return;
    if (this.#isDue()) this.#rotate();
    this.#written += Buffer.byteLength(line);
    this.#file.write(line);
  }

  /** Opens the path anew, for when somebody else has moved the file away. The old one keeps what was written before. */
  reopen(): void {
    if (!this.#closed) this.#replace();
  }

  /** Writes what is buffered before returning: for the last moments of a process. */
  flushSync(): void {
    if (!this.#closed) this.#file.flushSync();
  }

  /** Resolves when everything is on disk and closed, or cannot be. Idempotent. */
  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#end(this.#file);
    }
    await Promise.all(this.#closing);
  }

  #isDue(): boolean {
    if (this.#rotateBytes > 0 && this.#written >= this.#rotateBytes) return true;
    return this.#rotateDurationMs > 0 && this.#clock.monotonic() - this.#openedAt >= this.#rotateDurationMs;
  }

  #rotate(): void {
    try {
      // Absent after somebody moved it away, or when an earlier attempt got no further than this.
      if (existsSync(this.currentPath)) renameSync(this.currentPath, this.#archivePath());
      this.#replace();
      this.#prune();
    } catch {
      // Better one file too large than no log; the next line tries again.
      this.#metrics.incrCounter(LOG_METRICS.sinkError, 1, { sink: 'file' });
    }
  }

  /** The old file is written to its end by its own writer while the new one is in use already. */
  #replace(): void {
    const next = this.#open();
    this.#end(this.#file);
    this.#file = next;
  }

  #open(): SonicBoom {
    // Opened here and not by the writer, so that a bad path fails now and the first lines need not wait.
    const fd = openSync(this.currentPath, 'a', MODE);
    this.#written = fstatSync(fd).size;
    this.#openedAt = this.#clock.monotonic();
    const file = new sonic.SonicBoom({ fd, sync: false, maxLength: MAX_PENDING_BYTES });
    const count = (): void => this.#metrics.incrCounter(LOG_METRICS.sinkError, 1, { sink: 'file' });
    // What could not be written stays buffered and is tried again with the next line.
    file.on('error', count);
    file.on('drop', count);
    return file;
  }

  #end(file: SonicBoom): void {
    const closed = new Promise<void>((resolve) => {
      file.once('close', () => resolve());
      file.once('error', () => {
        file.destroy();
        resolve();
      });
      file.end();
    });
    this.#closing.add(closed);
    void closed.then(() => this.#closing.delete(closed));
  }

  #archivePath(): string {
    const { directory, stem, extension } = this.#parts();
    for (let nanoseconds = msToNanoseconds(this.#clock.now()); ; nanoseconds += 1n) {
      const path = join(directory, `${stem}-${nanoseconds}${extension}`);
      if (!existsSync(path)) return path;
    }
  }

  #prune(): void {
    if (this.#maxFiles === 0) return;
    const { directory, stem, extension } = this.#parts();
    const archives = readdirSync(directory)
      .map((name) => ({ name, time: archiveTime(name, stem, extension) }))
      .filter((archive): archive is { name: string; time: bigint } => archive.time !== undefined)
      .toSorted((a, b) => (a.time < b.time ? -1 : 1));
    const surplus = archives.slice(0, Math.max(0, archives.length - Math.max(0, this.#maxFiles)));
    for (const { name } of surplus) unlinkSync(join(directory, name));
  }

  #parts(): { readonly directory: string; readonly stem: string; readonly extension: string } {
    const name = basename(this.currentPath);
    const extension = extname(name);
    return {
      directory: dirname(this.currentPath),
      stem: extension === '' ? name : name.slice(0, -extension.length),
      extension: extension === '' ? '.log' : extension,
    };
  }
}

/** The time in an archive's name; `undefined` for every file that is none of ours. */
function archiveTime(name: string, stem: string, extension: string): bigint | undefined {
  if (!name.startsWith(`${stem}-`) || !name.endsWith(extension)) return undefined;
  const digits = name.slice(stem.length + 1, name.length - extension.length);
  return /^\d{1,20}$/.test(digits) ? BigInt(digits) : undefined;
}
