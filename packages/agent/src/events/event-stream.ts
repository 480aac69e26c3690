import { encodeJson } from '@steppe/domain';
import type { Clock } from '@steppe/runtime';
import type { StateStore } from '@steppe/state';
import { apiError } from '../http/api-error.js';
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
const HEARTBEAT = '{}\n';
/** A reader that takes nothing for as long misses several beats, and is let go. */
const MAX_STALL_MS = 60_000;

/** How far a reader has been told. */
interface Told {
  readonly position: number;
  readonly isWritten: boolean;
  /** Of a reader that is behind: until it may be sent more. */
  readonly wait: Promise<void> | undefined;
}

/**
 * What changes in the state, as lines of JSON: `{"Index": …, "Events": […]}` for a commit, `{}` now and then when there is none.
 * Holds nothing for a slow reader but the line it is at. One that takes nothing for a minute or falls behind what the state
 * remembers of its log is let go, as are all when everything is different; it may come back and say where it was.
 */
export class EventStream {
  readonly #options: EventStreamOptions;
  readonly #deps: EventStreamDeps;

  constructor(options: EventStreamOptions, deps: EventStreamDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /**
   * Streams until the signal aborts or the reader is let go.
   * @throws READER_STALLED when the reader takes nothing
   */
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
        const told = await this.#tell(position, sink, signal);
        if (told === undefined) return;
        position = told.position;
        let { wait } = told;
        if (told.isWritten || clock.monotonic() - lastWrittenMs >= HEARTBEAT_MS) {
          if (!told.isWritten) wait = this.#write(sink, HEARTBEAT, signal);
          lastWrittenMs = clock.monotonic();
        }
        await (wait ?? bell.rung());
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

  /** Tells what was committed after a position, until the reader is behind; `undefined` when that is no longer known. */
  async #tell(position: number, sink: ByteSink, signal: AbortSignal): Promise<Told | undefined> {
    const commits = this.#deps.state.commitsAfter(position);
    if (commits === undefined) return undefined;
    let told: Told = { position, isWritten: false, wait: undefined };
    for (const commit of commits) {
      const events = await this.#visible(eventsOf(commit));
      if (signal.aborted) break;
      told = { ...told, position: commit.index };
      if (events.length === 0) continue;
      const wait = this.#write(sink, `${encodeJson({ Events: events, Index: commit.index })}\n`, signal);
      told = { ...told, isWritten: true, wait };
      // These commits are not held while the reader is waited for: what there is then is asked for again.
      if (wait !== undefined) break;
    }
    return told;
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

  /** @returns what to wait for before anything else is written; it fails with READER_STALLED */
  #write(sink: ByteSink, line: string, signal: AbortSignal): Promise<void> | undefined {
    if (sink.write(Buffer.from(line)) || signal.aborted) return undefined;
    return new Promise<void>((resolve, reject) => {
      const settle = (how: () => void): void => {
        stalled.cancel();
        signal.removeEventListener('abort', onAbort);
        how();
      };
      const onAbort = (): void => settle(resolve);
      const stalled = this.#deps.clock.setTimer(MAX_STALL_MS, () =>
        settle(() => reject(apiError('READER_STALLED', MAX_STALL_MS / 1_000))),
      );
      signal.addEventListener('abort', onAbort, { once: true });
      sink.onDrain(() => settle(resolve));
    });
  }
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
