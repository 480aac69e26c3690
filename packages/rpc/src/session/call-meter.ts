import type { Clock, MetricLabels, Metrics } from '@steppe/runtime';
import { RPC_METRICS } from '../metrics.js';
import type { Direction } from '../handshake/hello.js';

/** Why a request or an answer was refused: a label of `RPC_METRICS.frameRefused`. */
export type FrameRefusal = 'too-large' | 'malformed' | 'unknown-method' | 'not-allowed' | 'too-many';

/** One call that is counted from its beginning to its end. */
export interface MeteredCall {
  /** Once; later calls do nothing. */
  end(isFailed: boolean): void;
}

/** Measures the sessions and calls of one end: the listener's, or the dialler's. */
export class CallMeter {
  readonly #metrics: Metrics;
  readonly #clock: Clock;
  readonly #side: 'listener' | 'dialler';
  readonly #sessions: Record<Direction, number> = { forward: 0, reverse: 0 };
  /** Label objects by method: one for all its calls. */
  readonly #labels = new Map<string, MetricLabels>();
  #serving = 0;
  #calling = 0;

  constructor(side: 'listener' | 'dialler', { metrics, clock }: { readonly metrics: Metrics; readonly clock: Clock }) {
    this.#side = side;
    this.#metrics = metrics;
    this.#clock = clock;
  }

  accepted(): void {
    this.#metrics.incrCounter(RPC_METRICS.accepted);
  }

  peerRefused(reason: string): void {
    this.#metrics.incrCounter(RPC_METRICS.peerRefused, 1, { reason });
  }

  frameRefused(reason: FrameRefusal): void {
    this.#metrics.incrCounter(RPC_METRICS.frameRefused, 1, { reason });
  }

  keepAliveLost(): void {
    this.#metrics.incrCounter(RPC_METRICS.keepAliveLost);
  }

  streamReset(): void {
    this.#metrics.incrCounter(RPC_METRICS.reset);
  }

  /** @returns what to call when the session is closed */
  sessionOpened(direction: Direction): () => void {
    this.#countSession(direction, 1);
    return () => this.#countSession(direction, -1);
  }

  /** @param method - the name, `unknown` for one that came from outside and is not ours: it could grow without bound */
  received(method: string): MeteredCall {
    const labels = this.#labelsOf(method);
    this.#metrics.incrCounter(RPC_METRICS.received, 1, labels);
    this.#countServing(1);
    return this.#measure(labels, RPC_METRICS.served, RPC_METRICS.failed, () => this.#countServing(-1));
  }

  made(method: string): MeteredCall {
    const labels = this.#labelsOf(method);
    this.#metrics.incrCounter(RPC_METRICS.made, 1, labels);
    this.#countCalling(1);
    return this.#measure(labels, RPC_METRICS.took, RPC_METRICS.callFailed, () => this.#countCalling(-1));
  }

  #measure(labels: MetricLabels, duration: string, failures: string, onEnd: () => void): MeteredCall {
    const start = this.#clock.monotonic();
    let isOpen = true;
    return {
      end: (isFailed) => {
        if (!isOpen) return;
        isOpen = false;
        this.#metrics.addSample(duration, (this.#clock.monotonic() - start) / 1_000, labels);
        if (isFailed) this.#metrics.incrCounter(failures, 1, labels);
        onEnd();
      },
    };
  }

  #countSession(direction: Direction, change: number): void {
    this.#sessions[direction] += change;
    this.#metrics.setGauge(RPC_METRICS.sessions, this.#sessions[direction], { side: this.#side, direction });
  }

  #countServing(change: number): void {
    this.#serving += change;
    this.#metrics.setGauge(RPC_METRICS.serving, this.#serving, { side: this.#side });
  }

  #countCalling(change: number): void {
    this.#calling += change;
    this.#metrics.setGauge(RPC_METRICS.calling, this.#calling, { side: this.#side });
  }

  #labelsOf(method: string): MetricLabels {
    let labels = this.#labels.get(method);
    if (labels === undefined) {
      labels = { method };
      this.#labels.set(method, labels);
    }
    return labels;
  }
}
