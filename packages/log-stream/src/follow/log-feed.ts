import type { Clock, LogLevel } from '@steppe/runtime';
import { FormattedRecord } from '../hub/formatted-record.js';
import type { LogHub } from '../hub/log-hub.js';
import type { LineStyle } from '../hub/published-record.js';
import type { FeedGap, FeedItem, RecordQueue } from '../hub/record-queue.js';
import type { LogHistory, SequenceRange } from '../history/log-history.js';
import type { StoredRecord } from '../history/stored-record.js';
import { TimeSlice } from '../history/time-slice.js';
import { rankOf } from '../record/log-level.js';
import { LogFilter } from './log-filter.js';
import type { LogFilterOptions } from './log-filter.js';

/** Where a reader begins. */
export type FeedStart =
  | { readonly kind: 'now' }
  /** The oldest record there is. */
  | { readonly kind: 'oldest' }
  /** The record of that number. */
  | { readonly kind: 'sequence'; readonly sequence: number }
  /** Records of that moment and later, Unix milliseconds. */
  | { readonly kind: 'time'; readonly unixMs: number };

export interface FeedOptions extends LineStyle, LogFilterOptions {
  /** Threshold of this reader, whatever the agent's own. */
  readonly level: LogLevel;
  readonly start: FeedStart;
  /** Of what is there already only the last so many. */
  readonly tail?: number;
  /** Go on with what is logged from now on; else end with what is there. */
  readonly follow: boolean;
  /** See `SubscribeOptions.maxRecords`. */
  readonly maxRecords?: number;
  /** See `SubscribeOptions.maxBytes`. */
  readonly maxBytes?: number;
}

export interface FeedDeps {
  readonly hub: LogHub;
  readonly clock: Clock;
  /** `undefined` where nothing is kept: then the past is one gap. */
  readonly history: LogHistory | undefined;
}

/** Items handed on at once. */
const BATCH = 256;

/**
 * One reader's records, past and present, in the order they were logged: each once, or within a gap that says which numbers it
 * stands for. A reader that falls behind its buffer gets from the history what is still there.
 */
export class LogFeed {
  readonly #options: FeedOptions;
  readonly #deps: FeedDeps;
  readonly #filter: LogFilter;
  readonly #rank: number;
  readonly #live: number;
  readonly #queue: RecordQueue | undefined;
  #wake: (() => void) | undefined;

  /** What is logged from here on is in it, whether or not anybody reads yet; whoever makes one must {@link read} or {@link close} it. */
  constructor(options: FeedOptions, deps: FeedDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#filter = new LogFilter(options, deps);
    this.#rank = rankOf(options.level);
    this.#live = deps.hub.nextSequence;
    if (!options.follow) return;
    const { level, json, location, numbered, maxRecords, maxBytes } = options;
    this.#queue = deps.hub.openQueue({
      level,
      json,
      location,
      ...(numbered === undefined ? {} : { numbered }),
      ...(maxRecords === undefined ? {} : { maxRecords }),
      ...(maxBytes === undefined ? {} : { maxBytes }),
      accepts: (record) => this.#filter.accepts(record),
      onReadable: () => this.#wake?.(),
    });
  }

  /** Frees the buffer. Idempotent. */
  close(): void {
    this.#queue?.close();
    this.#wake?.();
  }

  /** Ends with the past unless the feed follows, and when the signal aborts; everything is freed then. To be read once. */
  async *read({ signal }: { readonly signal: AbortSignal }): AsyncGenerator<readonly FeedItem[]> {
    const onAbort = (): void => this.close();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const from = await this.#from(signal);
      if (from < this.#live) yield* this.#between({ from, to: this.#live - 1 }, signal);
      while (this.#queue !== undefined && !signal.aborted) {
        const item = this.#queue.take();
        if (item === undefined) await this.#readable(signal);
        else if (item.kind === 'gap') yield* this.#recovered(item, signal);
        else yield* this.#batch(item, signal);
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.close();
    }
  }

  async #from(signal: AbortSignal): Promise<number> {
    const { tail } = this.#options;
    const { history } = this.#deps;
    const from = await this.#startOf(signal);
    if (tail === undefined) return from;
    const accepts = (stored: StoredRecord): boolean => this.#wants(stored);
    return history?.tail(tail, { from, to: this.#live - 1, accepts }, { signal }) ?? this.#live;
  }

  async #startOf(signal: AbortSignal): Promise<number> {
    const { start, tail } = this.#options;
    const { history } = this.#deps;
    switch (start.kind) {
      case 'sequence':
        return start.sequence;
      case 'now':
        // Who asks for the last ones does not ask for those from now on.
        return tail === undefined ? this.#live : 0;
      case 'oldest':
        return history?.sequenceAt(0, { signal }) ?? this.#live;
      case 'time':
        return history?.sequenceAt(start.unixMs, { signal }) ?? this.#live;
    }
  }

  /** Records of a range from the history, and gaps where they are not there. */
  async *#between(range: SequenceRange, signal: AbortSignal): AsyncGenerator<readonly FeedItem[]> {
    const { clock, history } = this.#deps;
    const slice = new TimeSlice(clock);
    let next = range.from;
    if (history !== undefined) {
      for await (const batch of history.read(range.from, { signal })) {
        let items: FeedItem[] = [];
        for (const stored of batch) {
          if (stored.sequence > range.to) break;
          items.push(...this.#gaps({ from: next, to: stored.sequence - 1 }));
          next = stored.sequence + 1;
          const line = this.#lineOf(stored);
          if (line !== undefined) items.push({ kind: 'line', sequence: stored.sequence, line });
          if (!slice.isOver) continue;
          if (items.length > 0) yield items;
          items = [];
          await slice.next();
          if (signal.aborted) return;
        }
        if (items.length > 0) yield items;
        if (signal.aborted) return;
        if ((batch.at(-1)?.sequence ?? 0) >= range.to) break;
      }
    }
    if (signal.aborted) return;
    const rest = this.#gaps({ from: next, to: range.to });
    if (rest.length > 0) yield rest;
  }

  /** What the buffer could not hold, as far as it is kept elsewhere. */
  async *#recovered(gap: FeedGap, signal: AbortSignal): AsyncGenerator<readonly FeedItem[]> {
    if (this.#deps.history === undefined) yield [gap];
    else yield* this.#between(gap, signal);
  }

  async *#batch(first: FeedItem, signal: AbortSignal): AsyncGenerator<readonly FeedItem[]> {
    const items = [first];
    while (items.length < BATCH) {
      const item = this.#queue?.take();
      if (item === undefined) break;
      if (item.kind === 'gap') {
        yield items;
        yield* this.#recovered(item, signal);
        return;
      }
      items.push(item);
    }
    yield items;
  }

  #gaps(range: SequenceRange): readonly FeedGap[] {
    if (range.from > range.to) return [];
    const missing = this.#deps.history?.unkept(range) ?? [range];
    return missing.map(({ from, to }) => ({ kind: 'gap', from, to, lost: to - from + 1 }));
  }

  #lineOf(stored: StoredRecord): Uint8Array | undefined {
    const record = this.#formatted(stored);
    return this.#isWanted(record) ? record.bytes(this.#options) : undefined;
  }

  #wants(stored: StoredRecord): boolean {
    return this.#isWanted(this.#formatted(stored));
  }

  #isWanted(record: FormattedRecord): boolean {
    return rankOf(record.record.level) >= this.#rank && this.#filter.acceptsInOwnTime(record);
  }

  #formatted({ sequence, record }: StoredRecord): FormattedRecord {
    return new FormattedRecord(sequence, record, this.#deps.hub.formats);
  }

  async #readable(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = undefined;
  }
}
