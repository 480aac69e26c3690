import type { Clock, Logger, Phase, Startable, Timer } from '@steppe/runtime';
import { errorMessage } from '@steppe/domain';
import { Worker } from 'node:worker_threads';
import type { Contentions } from '../contention/contention-profile.js';
import { MAIN_THREAD } from '../cpu/cpu-capture.js';
import { frameTitle } from '../format/shown-stack.js';
import type { CallFrame, SourcePositions } from '../stack/source-positions.js';
import type { Frame, StackSample } from '../stack/stack-profile.js';
import { StackTotals } from '../stack/stack-totals.js';
import { STALL_WORKER } from './stall-worker.js';

export interface StallWatchOptions {
  /** How long the event loop may be held up before that counts, milliseconds; 0, the default, is off. */
  readonly stallThresholdMs?: number;
}

export interface StallWatchDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly positions: SourcePositions;
}

type StallReport = { readonly stallMs: number; readonly stacks: readonly StallStack[] } | { readonly error: string };

/** What ran so long after the stall had begun; innermost first. */
interface StallStack {
  readonly atMs: number;
  readonly frames: readonly CallFrame[];
}

const MAX_STACKS = 1_000;
const UNSEEN: Frame = { functionName: '(over before it was looked at)', file: '', line: 0 };

/**
 * Finds what holds up the event loop: a thread of its own watches that the main one still turns, and asks it for its stack
 * while it does not, first at the threshold and then each time the stall has become twice as long. Each stall counts once,
 * for the stack it was in longest.
 */
export class StallWatch implements Startable, Contentions {
  readonly name = 'stall watch';
  readonly phase: Phase = 'storage';
  readonly comment: string;
  readonly #thresholdMs: number;
  readonly #deps: StallWatchDeps;
  readonly #totals = new StackTotals(MAX_STACKS);
  #ticker: Timer | undefined;
  #worker: Worker | undefined;

  constructor({ stallThresholdMs = 0 }: StallWatchOptions, deps: StallWatchDeps) {
    this.#thresholdMs = stallThresholdMs;
    this.#deps = deps;
    this.comment =
      stallThresholdMs === 0
        ? 'stalls of the event loop are not watched: set profiling.stall_threshold, such as "100ms", to do so'
        : `stalls of the event loop of ${stallThresholdMs} ms and more since the start, by what ran meanwhile`;
  }

  async start(): Promise<void> {
    if (this.#thresholdMs === 0) return;
    const beats = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    const counter = new Int32Array(beats);
    const beat = (): void => void Atomics.add(counter, 0, 1);
    const workerData = { beats, thresholdMs: this.#thresholdMs };
    const worker = new Worker(STALL_WORKER, { eval: true, name: 'stall watch', workerData });
    worker.on('message', (report: StallReport) => this.#note(report));
    worker.on('error', (error) => this.#give(errorMessage(error)));
    worker.unref();
    this.#worker = worker;
    this.#ticker = this.#deps.clock.setTicker(Math.max(1, Math.floor(this.#thresholdMs / 4)), beat);
  }

  async stop(): Promise<void> {
    this.#ticker?.cancel();
    // The end of the thread is also the end of its connection to the inspector.
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  samples(): readonly StackSample[] {
    return this.#totals.samples();
  }

  #note(report: StallReport): void {
    if ('error' in report) {
      this.#give(report.error);
      return;
    }
    const { stallMs, stacks } = report;
    const samples = stacks.map(({ frames }, i): StackSample => {
      // A stack stands for the time until the next one, the first also for what was before it.
      const from = i === 0 ? 0 : (stacks[i]?.atMs ?? 0);
      const until = stacks[i + 1]?.atMs ?? stallMs;
      return this.#sample(
        frames.map((frame) => this.#deps.positions.frameOf(frame)),
        until - from,
      );
    });
    if (samples.length === 0) samples.push(this.#sample([UNSEEN], stallMs));
    const [longest] = samples.toSorted((a, b) => (b.values[1] ?? 0) - (a.values[1] ?? 0));
    for (const sample of samples) {
      const [, nanoseconds = 0] = sample.values;
      this.#totals.add({ ...sample, values: [sample === longest ? 1 : 0, nanoseconds] });
    }
    const place = longest?.stack[0];
    this.#deps.logger.debug('the event loop was held up', {
      duration_ms: Math.round(stallMs),
      at: place === undefined ? '' : frameTitle(place),
    });
  }

  #sample(stack: readonly Frame[], ms: number): StackSample {
    return { stack, values: [0, Math.round(ms * 1e6)], labels: { thread: MAIN_THREAD } };
  }

  #give(reason: string): void {
    this.#deps.logger.warn('stalls of the event loop cannot be watched', { error: reason });
  }
}
