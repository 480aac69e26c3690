import type { Clock, LogLevel, Timer } from '@steppe/runtime';
import type { LogHub } from '../hub/log-hub.js';
import type { LogSubscription } from '../hub/subscription.js';
import type { ByteSink } from './byte-sink.js';
import { FrameWriter } from './frame-writer.js';

const REPORT_DROPPED_MS = 3_000;

export interface MonitorOptions {
  /** Threshold of this stream, whatever the agent's own. */
  readonly level: LogLevel;
  /** JSON lines; default false. */
  readonly json?: boolean;
  /** Print each caller's file and line; default false. */
  readonly location?: boolean;
  /** Raw lines instead of frames, and no heartbeats; default false. */
  readonly plain?: boolean;
  /** See {@link SubscribeOptions.maxRecords}. */
  readonly maxRecords?: number;
  /** See {@link SubscribeOptions.maxBytes}. */
  readonly maxBytes?: number;
}

export interface MonitorDeps {
  readonly hub: LogHub;
  readonly clock: Clock;
}

/**
 * A live log for one reader, from now on. Holds no more for a slow reader than the bounds of its buffer: what does not fit
 * is counted and reported in the stream every three seconds.
 */
export class MonitorStream {
  readonly #options: MonitorOptions;
  readonly #deps: MonitorDeps;

  constructor(options: MonitorOptions, deps: MonitorDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /**
   * Streams until the signal aborts, then resolves with everything freed; the subscription exists when the call returns.
   * Rejects with what the sink throws.
   */
  run(sink: ByteSink, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const pump = new MonitorPump(this.#options, { ...this.#deps, sink }, (error) => {
        signal.removeEventListener('abort', onAbort);
        if (error === undefined) resolve();
        else reject(error.reason);
      });
      const onAbort = (): void => pump.close();
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}

type OnClosed = (error?: { readonly reason: unknown }) => void;

/** The moving part: subscription → frames → sink. */
class MonitorPump {
  readonly #clock: Clock;
  readonly #subscription: LogSubscription;
  readonly #frames: FrameWriter;
  readonly #reporter: Timer;
  readonly #onClosed: OnClosed;
  /** A line the reader was too slow to take as a whole, and how far it got. */
  #rest: { readonly line: Uint8Array; readonly at: number } | undefined;
  #scheduled: Timer | undefined;
  #draining = false;
  #closed = false;

  constructor(
    options: MonitorOptions,
    { hub, clock, sink }: MonitorDeps & { readonly sink: ByteSink },
    onClosed: OnClosed,
  ) {
    const { plain = false, ...subscribe } = options;
    this.#clock = clock;
    this.#onClosed = onClosed;
    this.#subscription = hub.subscribe({
      ...subscribe,
      // Not at once: a log call must not depend on the state of a socket.
      onReadable: () => this.#schedule(),
      // Unless the choice is between that and losing records: a long burst comes within one turn of the event loop.
      onFull: () => this.#drain(),
    });
    this.#frames = new FrameWriter(
      { plain, fileEvent: 'log', wholeCharacters: true },
      { clock, sink: this.#guarded(sink), onUnblocked: () => this.#drain() },
    );
    this.#reporter = clock.setTicker(REPORT_DROPPED_MS, () => this.#subscription.reportDropped());
  }

  close(error?: { readonly reason: unknown }): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#subscription.close();
    this.#frames.close();
    this.#reporter.cancel();
    this.#scheduled?.cancel();
    this.#rest = undefined;
    this.#onClosed(error);
  }

  /** A failing sink ends the stream; it must not fail the log call or the timer that happened to write. */
  #guarded(sink: ByteSink): ByteSink {
    return {
      write: (bytes) => {
        try {
          return sink.write(bytes);
        } catch (reason) {
          this.close({ reason });
          return true;
        }
      },
      onDrain: (callback) => sink.onDrain(callback),
    };
  }

  #schedule(): void {
    this.#scheduled ??= this.#clock.setTimer(0, () => {
      this.#scheduled = undefined;
      this.#drain();
    });
  }

  #drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    try {
      while (!this.#frames.blocked && !this.#closed) {
        const { line, at } = this.#rest ?? { line: this.#subscription.take(), at: 0 };
        if (line === undefined) return;
        const reached = this.#frames.add(line, at, 0);
        this.#rest = reached < line.length ? { line, at: reached } : undefined;
      }
    } finally {
      this.#draining = false;
    }
  }
}
