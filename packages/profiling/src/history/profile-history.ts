import type { Clock, Logger, Phase, Startable } from '@steppe/runtime';
import { errorMessage } from '@steppe/domain';
import { captureCpu } from '../cpu/cpu-capture.js';
import { cpuProfile } from '../cpu/cpu-profile.js';
import { profilingError } from '../errors.js';
import { StackTotals } from '../stack/stack-totals.js';
import type { SourcePositions } from '../stack/source-positions.js';
import type { StackProfile } from '../stack/stack-profile.js';

export interface ProfileHistoryOptions {
  /** How far back a profile can be taken, milliseconds; 0, the default, is off. */
  readonly historyMs?: number;
  /** Between two samples of a thread; default 50 ms, a fifth of what a capture takes. */
  readonly historyIntervalMs?: number;
  /** Length of the pieces that history is kept in; default 60 s. Between two the loop may stand for some hundredths of a second. */
  readonly historyPieceMs?: number;
}

export interface ProfileHistoryDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly positions: SourcePositions;
}

/** Different stacks kept of one piece; a busy agent has a few hundred. */
const MAX_STACKS = 2_000;

/**
 * Samples the process all the time, at a low rate, and keeps the last minutes: a CPU profile can then be taken after
 * whatever made it interesting. It takes no part in the one-capture-at-a-time rule.
 */
export class ProfileHistory implements Startable {
  readonly name = 'profile history';
  readonly phase: Phase = 'storage';
  readonly #keepMs: number;
  readonly #intervalMs: number;
  readonly #pieceMs: number;
  readonly #deps: ProfileHistoryDeps;
  readonly #stop = new AbortController();
  #pieces: StackProfile[] = [];
  #piece: Promise<void> | undefined;
  #enough = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: ProfileHistoryOptions, deps: ProfileHistoryDeps) {
    this.#keepMs = options.historyMs ?? 0;
    this.#intervalMs = options.historyIntervalMs ?? 50;
    this.#pieceMs = options.historyPieceMs ?? 60_000;
    this.#deps = deps;
  }

  async start(): Promise<void> {
    if (this.#keepMs > 0) this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('stopping'));
    await this.#running;
  }

  /**
   * What ran in the last so many milliseconds, as far as it is kept; whole pieces, the one being sampled up to now.
   * @throws PROFILE_HISTORY_OFF
   */
  async since(ms: number): Promise<StackProfile> {
    if (this.#keepMs === 0) {
      const message = 'no profiles of the past are kept: set profiling.history, such as "10m", to keep them';
      throw profilingError({ code: 'PROFILE_HISTORY_OFF' }, message);
    }
    const now = this.#deps.clock.now();
    await this.#cut();
    const pieces = this.#pieces.filter(({ timeMs, durationMs }) => timeMs + durationMs > now - ms);
    const totals = new StackTotals(MAX_STACKS);
    for (const { samples } of pieces) for (const sample of samples) totals.add(sample);
    const empty = cpuProfile([], this.#deps.positions, { timeMs: now, durationMs: 0, intervalMs: this.#intervalMs });
    return {
      ...empty,
      timeMs: pieces[0]?.timeMs ?? now,
      durationMs: pieces.reduce((sum, { durationMs }) => sum + durationMs, 0),
      comments: [`sampled all the time, one sample per ${this.#intervalMs} ms and thread`, ...empty.comments],
      samples: totals.samples(),
    };
  }

  /** Ends the piece being sampled, so that it is kept. */
  async #cut(): Promise<void> {
    this.#enough.abort(new Error('asked for'));
    await this.#piece?.catch(() => undefined);
  }

  async #run(): Promise<void> {
    try {
      while (!this.#stop.signal.aborted) {
        this.#enough = new AbortController();
        this.#piece = this.#takePiece();
        await this.#piece;
      }
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#deps.logger.warn('no profiles of the past are kept any more', { error: errorMessage(error) });
    }
  }

  async #takePiece(): Promise<void> {
    const { clock, positions } = this.#deps;
    const [timeMs, start] = [clock.now(), clock.monotonic()];
    const intervalMs = this.#intervalMs;
    const ends = { clock, signal: this.#stop.signal, enough: this.#enough.signal };
    const threads = await captureCpu({ durationMs: this.#pieceMs, intervalMs }, ends);
    const piece = cpuProfile(threads, positions, { timeMs, durationMs: clock.monotonic() - start, intervalMs });
    const totals = new StackTotals(MAX_STACKS);
    for (const sample of piece.samples) totals.add(sample);
    this.#keep({ ...piece, samples: totals.samples() });
  }

  #keep(piece: StackProfile): void {
    const oldest = this.#deps.clock.now() - this.#keepMs;
    this.#pieces = [...this.#pieces, piece].filter(({ timeMs, durationMs }) => timeMs + durationMs > oldest);
  }
}
