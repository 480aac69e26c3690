import { encodeJson } from '@steppe/domain';
import type { Clock } from '@steppe/runtime';
import type { StateStore } from '@steppe/state';
import type { ByteSink } from '../http/reply/reply.js';
import type { EventFilter } from './event-filter.js';
import type { StateEvent } from './state-events.js';
import { eventsOf } from './state-events.js';

export interface EventStreamOptions {
  readonly filter: EventFilter;
  /** `*` for all. */
  readonly namespace: string;
  /** Of the first commit that is told; 0: the next one there is. */
  readonly fromIndex: number;
}

export interface EventStreamDeps {
  readonly state: Pick<StateStore, 'index' | 'commitsAfter' | 'onDidCommit'>;
  readonly clock: Clock;
  /** Whether the caller may read what is in a namespace, as of now. */
  readonly mayRead: (namespace: string) => Promise<boolean>;
}

const HEARTBEAT_MS = 10_000;

/**
 * What changes in the state, as lines of JSON: `{"Index": …, "Events": […]}` for a commit, `{}` now and then when there is none.
 * Holds nothing for a slow reader; one that falls behind what the state remembers of its log is let go, as are all when
 * everything is different, and may come back.
 */
export class EventStream {
  readonly #options: EventStreamOptions;
  readonly #deps: EventStreamDeps;

  constructor(options: EventStreamOptions, deps: EventStreamDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Streams until the signal aborts or the reader is let go. */
  async run(sink: ByteSink, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    const { state, clock } = this.#deps;
    const bell = new Bell();
    const log = { isReset: false };
    const unlisten = state.onDidCommit((commit) => {
      log.isReset ||= commit === undefined;
      bell.ring();
    });
    const heartbeat = clock.setTicker(HEARTBEAT_MS, () => bell.ring());
    const onAbort = (): void => bell.ring();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      let position = this.#start();
      let lastWrittenMs = clock.monotonic();
      while (!signal.aborted && !log.isReset) {
        const commits = state.commitsAfter(position);
        if (commits === undefined) return;
        for (const commit of commits) {
          position = commit.index;
          const events = await this.#visible(eventsOf(commit));
          if (signal.aborted) return;
          if (events.length === 0) continue;
          await write(sink, `${encodeJson({ Events: events, Index: commit.index })}\n`, signal);
          lastWrittenMs = clock.monotonic();
        }
        if (clock.monotonic() - lastWrittenMs >= HEARTBEAT_MS) {
          await write(sink, '{}\n', signal);
          lastWrittenMs = clock.monotonic();
        }
        if (state.index <= position || commits.length === 0) await bell.rung();
      }
    } finally {
      unlisten();
      heartbeat.cancel();
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Where to begin; nearer to now when that is no longer known. */
  #start(): number {
    const { state } = this.#deps;
    const { fromIndex } = this.#options;
    const before = fromIndex - 1;
    return fromIndex > 0 && state.commitsAfter(before) !== undefined ? before : state.index;
  }

  /** Those that are asked for and that the caller may still see. */
  async #visible(events: readonly StateEvent[]): Promise<readonly StateEvent[]> {
    const { filter, namespace } = this.#options;
    const wanted = events.filter((event) => filter.matches(event, namespace));
    const readable = new Map<string, boolean>([['', true]]);
    for (const { Namespace } of wanted) {
      if (!readable.has(Namespace)) readable.set(Namespace, await this.#deps.mayRead(Namespace));
    }
    return wanted.filter(({ Namespace }) => readable.get(Namespace));
  }
}

/** Resolves when the reader may be sent more. */
async function write(sink: ByteSink, line: string, signal: AbortSignal): Promise<void> {
  if (sink.write(Buffer.from(line))) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    sink.onDrain(done);
    signal.addEventListener('abort', done, { once: true });
  });
}

/** Wakes the one who waits; remembers having been rung before. */
class Bell {
  #isRung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#isRung = true;
    this.#wake?.();
  }

  async rung(): Promise<void> {
    if (!this.#isRung) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    this.#isRung = false;
  }
}
