import type { ByteSink } from '../monitor/byte-sink.js';
import { itemWriter } from './item-writer.js';
import type { FollowEncoding } from './item-writer.js';
import type { FeedDeps, FeedOptions } from './log-feed.js';
import { LogFeed } from './log-feed.js';

export interface FollowOptions extends Omit<FeedOptions, 'numbered'> {
  readonly encoding: FollowEncoding;
}

/** A log with its past, for one reader: Steppe's own addition to the monitor. */
export class FollowStream {
  readonly #options: FollowOptions;
  readonly #deps: FeedDeps;

  constructor(options: FollowOptions, deps: FeedDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /**
   * Resolves at the end of the records or when the signal aborts, with everything freed; what is logged after the call is in it.
   * Rejects with what the sink or the history throws.
   */
  async run(sink: ByteSink, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    if (signal.aborted) return;
    const { encoding, ...options } = this.#options;
    const { clock } = this.#deps;
    const json = options.json || encoding === 'ndjson';
    const feed = new LogFeed({ ...options, json, numbered: encoding === 'ndjson' }, this.#deps);
    // A sink that fails within a timer ends the stream as one that fails here.
    const failed = new AbortController();
    const guarded: ByteSink = {
      write: (bytes) => {
        try {
          return sink.write(bytes);
        } catch (error) {
          failed.abort(error);
          return true;
        }
      },
      onDrain: (callback) => sink.onDrain(callback),
    };
    const over = AbortSignal.any([signal, failed.signal]);
    const writer = itemWriter(encoding, { json }, { clock, sink: guarded });
    const onOver = (): void => writer.close();
    over.addEventListener('abort', onOver, { once: true });
    try {
      for await (const items of feed.read({ signal: over })) await writer.write(items);
      if (!over.aborted) await writer.end();
    } finally {
      over.removeEventListener('abort', onOver);
      writer.close();
      feed.close();
    }
    if (failed.signal.aborted) throw failed.signal.reason;
  }
}
