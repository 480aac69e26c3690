import { errorMessage } from '@steppe/domain';
import type { Clock, LogLevel, Metrics, Timer } from '@steppe/runtime';
import { noMetrics } from '@steppe/runtime';
import { mkdirSync, readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { logStreamError } from '../errors.js';
import type { RecordSink } from '../hub/log-hub.js';
import type { PublishedRecord } from '../hub/published-record.js';
import { LOG_METRICS } from '../metrics.js';
import type { LogHistory, SequenceRange, TailQuery } from './log-history.js';
import { endLine, inspectSegment, MAX_LINE_BYTES, readSegment, segmentName } from './ring-segment.js';
import type { RingSegment } from './ring-segment.js';
import { encodeStoredRecord } from './stored-record.js';
import type { StoredRecord } from './stored-record.js';
import { TimeSlice } from './time-slice.js';

/** The ring forgets by the file: as many of them as this keep what is forgotten at once small. */
const SEGMENTS = 8;
const MIN_SEGMENT_BYTES = 64 * 1024;
/** Files of an agent that is started again and again are small. */
const MAX_SEGMENTS = 256;
/** How long a record may wait for others before it is written with them. */
const WRITE_DELAY_MS = 50;
/** What a stuck disk may hold back in memory; records beyond it are lost to the ring and counted. */
const MAX_PENDING_BYTES = 8 * 1024 * 1024;
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o640;

export interface LogRingOptions {
  /** Folder of the ring's own. */
  readonly path: string;
  /** Most bytes on disk; at least half a mebibyte is used. */
  readonly maxBytes: number;
  /** Milliseconds after which a record is forgotten; 0 for never. */
  readonly maxAgeMs: number;
  /** Level from which on records are kept, whether or not anybody else wants them; default the agent's own. */
  readonly level?: LogLevel;
}

export interface LogRingDeps {
  readonly clock: Clock;
  readonly metrics?: Metrics;
}

interface Pending {
  readonly sequence: number;
  readonly time: number;
  readonly line: string;
  readonly bytes: number;
}

/**
 * The newest records on disk, bounded in bytes and age. Keeps everything the hub takes in, so that numbers have no holes; what is
 * missing all the same (forgotten, lost to a crash or a full disk) is known by its numbers. Logging never waits for the disk.
 * What was logged in the last moments before a crash is lost; nothing is flushed to the medium by force.
 */
export class LogRing implements RecordSink, LogHistory {
  readonly level?: LogLevel;
  readonly firstSequence: number;
  readonly #options: LogRingOptions;
  readonly #clock: Clock;
  readonly #metrics: Metrics;
  readonly #segmentBytes: number;
  /** Oldest first. */
  readonly #segments: RingSegment[] = [];
  /** Numbers that no record ever had: between two runs of which the earlier ended in order. */
  readonly #unused: SequenceRange[] = [];
  #next: number;
  #pending: Pending[] = [];
  #pendingBytes = 0;
  #delay: Timer | undefined;
  #writing: Promise<void> | undefined;
  /** The newest of the segments, unless writing to it has failed. */
  #current: RingSegment | undefined;
  #file: FileHandle | undefined;
  #closed = false;

  /**
   * Takes over what an earlier run has left.
   * @throws LOG_RING_UNUSABLE
   */
  constructor(options: LogRingOptions, { clock, metrics = noMetrics }: LogRingDeps) {
    this.#options = options;
    this.#clock = clock;
    this.#metrics = metrics;
    if (options.level !== undefined) this.level = options.level;
    this.#segmentBytes = Math.max(MIN_SEGMENT_BYTES, Math.floor(options.maxBytes / SEGMENTS));
    try {
      mkdirSync(options.path, { recursive: true, mode: FOLDER_MODE });
      this.#takeOver();
      // A crash may have taken records whose numbers somebody has seen: by the time of day no number comes twice.
      const last = this.#segments.at(-1);
      const used = Math.max(last?.endedAt ?? 0, (last?.last ?? 0) + 1);
      this.firstSequence = Math.max(Math.floor(clock.now()) * 1_000, used);
      this.#next = this.firstSequence;
      this.#current = this.#newSegment(this.firstSequence);
      // Now, so that a crash before the first record is no end in order either.
      writeFileSync(this.#current.path, '', { mode: FILE_MODE });
    } catch (error) {
      const detail = { code: 'LOG_RING_UNUSABLE', path: options.path } as const;
      throw logStreamError(detail, `log_ring: ${options.path}: ${errorMessage(error)}`, error);
    }
    for (const [i, { endedAt }] of this.#segments.entries()) {
      const to = (this.#segments[i + 1]?.first ?? this.firstSequence) - 1;
      if (endedAt !== undefined && endedAt <= to) this.#unused.push({ from: endedAt, to });
    }
    this.#forget();
  }

  write({ sequence, record }: PublishedRecord): void {
    if (this.#closed) return;
    this.#next = sequence + 1;
    const line = encodeStoredRecord(sequence, record);
    const bytes = Buffer.byteLength(line);
    if (bytes > MAX_LINE_BYTES || this.#pendingBytes + bytes > MAX_PENDING_BYTES) {
      this.#countLoss();
      return;
    }
    this.#pending.push({ sequence, time: record.time, line, bytes });
    this.#pendingBytes += bytes;
    this.#delay ??= this.#clock.setTimer(WRITE_DELAY_MS, () => void this.#flush());
  }

  async *read(from: number, options: { readonly signal: AbortSignal }): AsyncGenerator<readonly StoredRecord[]> {
    const end = this.#next;
    await this.#flush();
    this.#forget();
    const oldestTime = this.#oldestTime();
    for (const { path } of this.#segments.filter(({ last }) => last >= from)) {
      for await (const batch of readSegment(path, options)) {
        const wanted = batch.filter(
          ({ sequence, record }) => sequence >= from && sequence < end && record.time >= oldestTime,
        );
        if (wanted.length > 0) yield wanted;
      }
      if (options.signal.aborted) return;
    }
  }

  async sequenceAt(unixMs: number, options: { readonly signal: AbortSignal }): Promise<number> {
    await this.#flush();
    const end = this.#next;
    const start = this.#segments.find(({ lastTime }) => lastTime >= unixMs)?.first ?? end;
    for await (const batch of this.read(start, options)) {
      const found = batch.find(({ record }) => record.time >= unixMs);
      if (found !== undefined) return found.sequence;
    }
    return end;
  }

  async tail(
    count: number,
    { from, to, accepts }: TailQuery,
    options: { readonly signal: AbortSignal },
  ): Promise<number> {
    if (count <= 0) return to + 1;
    const slice = new TimeSlice(this.#clock);
    await this.#flush();
    this.#forget();
    const oldestTime = this.#oldestTime();
    let missing = count;
    let start = to + 1;
    for (const { path } of this.#segments.filter(({ last }) => last >= from).toReversed()) {
      const accepted: number[] = [];
      for await (const batch of readSegment(path, options)) {
        for (const stored of batch) {
          const { sequence, record } = stored;
          if (sequence < from || sequence > to || record.time < oldestTime) continue;
          if (accepts(stored)) accepted.push(sequence);
          if (slice.isOver) await slice.next();
        }
      }
      if (options.signal.aborted) return start;
      start = accepted.at(-missing) ?? accepted[0] ?? start;
      missing -= accepted.length;
      if (missing <= 0) break;
    }
    return start;
  }

  unkept({ from, to }: SequenceRange): readonly SequenceRange[] {
    const kept: SequenceRange[] = [];
    let at = from;
    for (const unused of this.#unused) {
      if (unused.to < at || unused.from > to) continue;
      if (unused.from > at) kept.push({ from: at, to: unused.from - 1 });
      at = unused.to + 1;
    }
    if (at <= to) kept.push({ from: at, to });
    return kept;
  }

  /** Resolves when everything is written, and it is written that the run ended in order. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#flush();
    try {
      if (this.#current !== undefined) await (await this.#fileOf(this.#current)).appendFile(endLine(this.#next));
    } catch {
      this.#countLoss();
    }
    await this.#finishFile();
  }

  #takeOver(): void {
    const { path } = this.#options;
    for (const name of readdirSync(path).toSorted()) {
      const segment = inspectSegment(join(path, name));
      if (segment === undefined) continue;
      const previous = this.#segments.at(-1);
      const isEmpty = segment.last < segment.first;
      // A run of which nothing is left matters only where it would be taken for one that never was.
      if (isEmpty && previous?.endedAt === undefined) unlinkSync(segment.path);
      else this.#segments.push(segment);
    }
  }

  #newSegment(first: number): RingSegment {
    const now = this.#clock.now();
    const path = join(this.#options.path, segmentName(first));
    const segment = { path, first, last: first - 1, begunAt: now, lastTime: now, bytes: 0 };
    this.#segments.push(segment);
    return segment;
  }

  /** Resolves when what is pending now is on disk, or lost. */
  async #flush(): Promise<void> {
    this.#delay?.cancel();
    this.#delay = undefined;
    while (this.#writing !== undefined) await this.#writing;
    if (this.#pending.length === 0) return;
    this.#writing = this.#writePending().finally(() => (this.#writing = undefined));
    await this.#writing;
  }

  async #writePending(): Promise<void> {
    while (this.#pending.length > 0) {
      const batch = this.#nextBatch();
      try {
        await this.#append(batch);
      } catch {
        // Nowhere to log it. A line may have been written in part, so that file is not touched again.
        for (const _ of batch) this.#countLoss();
        await this.#finishFile();
      }
    }
    this.#forget();
  }

  /** What fits into one file. */
  #nextBatch(): readonly Pending[] {
    let bytes = 0;
    let count = 0;
    for (const pending of this.#pending) {
      if (count > 0 && bytes + pending.bytes > this.#segmentBytes) break;
      bytes += pending.bytes;
      count += 1;
    }
    const batch = this.#pending.splice(0, count);
    this.#pendingBytes -= bytes;
    return batch;
  }

  async #append(batch: readonly Pending[]): Promise<void> {
    const [first] = batch;
    const last = batch.at(-1);
    if (first === undefined || last === undefined) return;
    const bytes = batch.reduce((sum, pending) => sum + pending.bytes, 0);
    if (this.#current !== undefined && this.#isFull(this.#current, bytes)) await this.#finishFile();
    const segment = (this.#current ??= this.#newSegment(first.sequence));
    await (await this.#fileOf(segment)).appendFile(batch.map(({ line }) => line).join(''));
    segment.last = last.sequence;
    segment.lastTime = last.time;
    segment.bytes += bytes;
  }

  #isFull({ bytes, begunAt }: RingSegment, more: number): boolean {
    const { maxAgeMs } = this.#options;
    if (bytes === 0) return false;
    if (bytes + more > this.#segmentBytes) return true;
    return maxAgeMs > 0 && this.#clock.now() - begunAt > maxAgeMs / SEGMENTS;
  }

  async #fileOf({ path }: RingSegment): Promise<FileHandle> {
    return (this.#file ??= await open(path, 'a', FILE_MODE));
  }

  async #finishFile(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    this.#current = undefined;
    await file?.close().catch(() => undefined);
  }

  #oldestTime(): number {
    const { maxAgeMs } = this.#options;
    return maxAgeMs > 0 ? this.#clock.now() - maxAgeMs : -Infinity;
  }

  /** Gives up whole files, oldest first, never the one in use. */
  #forget(): void {
    const oldestTime = this.#oldestTime();
    let bytes = this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
    for (let oldest = this.#segments[0]; oldest !== undefined && oldest !== this.#current; ) {
      const isWithin = bytes <= this.#options.maxBytes && this.#segments.length <= MAX_SEGMENTS;
      if (isWithin && oldest.lastTime >= oldestTime) return;
      this.#segments.shift();
      bytes -= oldest.bytes;
      try {
        unlinkSync(oldest.path);
      } catch {
        // Somebody else has tidied up, or nobody can: either way it is no part of the ring any more.
        this.#metrics.incrCounter(LOG_METRICS.sinkError, 1, { sink: 'ring' });
      }
      [oldest] = this.#segments;
    }
  }

  #countLoss(): void {
    this.#metrics.incrCounter(LOG_METRICS.sinkError, 1, { sink: 'ring' });
  }
}
