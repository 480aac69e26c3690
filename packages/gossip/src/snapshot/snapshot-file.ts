import { errorMessage } from '@steppe/domain';
import type { Clock, Logger, Metrics, Timer } from '@steppe/runtime';
import { GOSSIP_METRICS } from '../metrics.js';
import type { GossipAddress } from '../transport/transport.js';
import type { LamportTime } from '../wire/serf-message.js';
import type { SnapshotState } from './snapshot-text.js';
import { LEAVE_LINE, aliveLine, clockLine, formatSnapshot, notAliveLine, parseSnapshot } from './snapshot-text.js';
import type { SnapshotStore } from './snapshot-store.js';

const FLUSH_INTERVAL_MS = 500;
/** Compaction starts above this, or above twice this many bytes for each member when that is more. */
const COMPACT_MIN_BYTES = 128 * 1024;
const MEMBER_BYTES = 128;
/** What may wait for a disk that does not take it: beyond this the file is written anew once it does. */
const PENDING_MAX_BYTES = 4 * 1024 * 1024;

export interface SnapshotFileOptions {
  readonly rejoinAfterLeave: boolean;
}

export interface SnapshotFileDeps {
  readonly store: SnapshotStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** The three clocks as they are now. */
  readonly times: () => {
    readonly clock: LamportTime;
    readonly eventClock: LamportTime;
    readonly queryClock: LamportTime;
  };
}

/**
 * Remembers over a restart who was alive and how far the clocks were, in the text format of serf agents.
 * Callers only note what happened; writing follows twice a second, and an error there is logged and tried again.
 */
export class SnapshotFile {
  readonly #options: SnapshotFileOptions;
  readonly #deps: SnapshotFileDeps;
  readonly #alive = new Map<string, GossipAddress>();
  #pending: string[] = [];
  #pendingBytes = 0;
  #storedBytes = 0;
  #written = { clock: 0, eventClock: 0, queryClock: 0 };
  #mustRewrite = false;
  #left = false;
  #ticker: Timer | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;

  constructor(options: SnapshotFileOptions, deps: SnapshotFileDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /**
   * Reads what an earlier life left behind and starts to write.
   * @throws what the store throws: an agent that cannot read its snapshot must not overwrite it
   */
  async open(): Promise<SnapshotState> {
    const text = (await this.#deps.store.read()) ?? '';
    const state = parseSnapshot(text, this.#options);
    for (const [name, address] of state.alive) this.#alive.set(name, address);
    this.#storedBytes = Buffer.byteLength(text);
    // A torn last line would swallow the first line appended to it.
    this.#mustRewrite = text !== '' && !text.endsWith('\n');
    this.#written = { clock: state.clock, eventClock: state.eventClock, queryClock: state.queryClock };
    this.#ticker = this.#deps.clock.setTicker(FLUSH_INTERVAL_MS, () => void this.#flush());
    return state;
  }

  memberAlive(name: string, address: GossipAddress): void {
    this.#alive.delete(name);
    this.#alive.set(name, address);
    this.#note(aliveLine(name, address));
  }

  memberGone(name: string): void {
    if (this.#alive.delete(name)) this.#note(notAliveLine(name));
  }

  /** We leave on purpose: unless told otherwise the next life starts without a pool. */
  leave(): void {
    this.#noteClocks();
    this.#note(LEAVE_LINE);
    // What others do while we say goodbye is no longer ours to remember.
    this.#left = true;
  }

  /** Writes what is left and releases the store. */
  async close(): Promise<void> {
    this.#ticker?.cancel();
    await this.#writing;
    await this.#flush();
    await this.#deps.store.close().catch((error: unknown) => this.#failed(error));
  }

  /** Waits until everything noted so far is with the store. */
  async flush(): Promise<void> {
    await this.#writing;
    await this.#flush();
  }

  #noteClocks(): void {
    const now = this.#deps.times();
    for (const [key, line] of [
      ['clock', 'clock'],
      ['eventClock', 'event-clock'],
      ['queryClock', 'query-clock'],
    ] as const) {
      // serf: writes the last time used, one below the clock; the next life continues above it.
      const time = now[key] - 1;
      if (time === this.#written[key]) continue;
      this.#written[key] = time;
      this.#note(clockLine(line, time));
    }
  }

  #note(line: string): void {
    if (this.#left) return;
    this.#deps.metrics.incrCounter(GOSSIP_METRICS.snapshotLines);
    this.#pending.push(line);
    this.#pendingBytes += Buffer.byteLength(line);
    if (this.#pendingBytes > PENDING_MAX_BYTES) {
      this.#pending = [];
      this.#pendingBytes = 0;
      this.#mustRewrite = true;
    }
  }

  #flush(): Promise<void> {
    // One write at a time; what comes meanwhile goes with the next.
    if (this.#isWriting) return this.#writing;
    this.#noteClocks();
    if (this.#pending.length === 0 && !this.#mustRewrite) return this.#writing;
    this.#isWriting = true;
    this.#writing = this.#write().finally(() => (this.#isWriting = false));
    return this.#writing;
  }

  async #write(): Promise<void> {
    const text = this.#pending.join('');
    const bytes = this.#pendingBytes;
    const limit = Math.max(COMPACT_MIN_BYTES, 2 * MEMBER_BYTES * this.#alive.size);
    this.#pending = [];
    this.#pendingBytes = 0;
    try {
      if (this.#mustRewrite || this.#storedBytes + bytes > limit) {
        const whole = formatSnapshot({ alive: this.#alive, ...this.#written }) + (this.#left ? LEAVE_LINE : '');
        await this.#deps.store.replace(whole);
        this.#deps.metrics.incrCounter(GOSSIP_METRICS.snapshotCompactions);
        this.#storedBytes = Buffer.byteLength(whole);
        this.#mustRewrite = false;
      } else {
        await this.#deps.store.append(text);
        this.#storedBytes += bytes;
      }
    } catch (error) {
      // Half a line may be in the file: only the whole truth repairs that.
      this.#mustRewrite = true;
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#deps.logger.error('cannot write the snapshot', { error: errorMessage(error) });
  }
}
