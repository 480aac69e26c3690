/** "Something changed, decide": a request to a scheduler. */
export interface Evaluation {
  /** UUID. */
  readonly id: string;
  /** Which scheduler is meant: `service`, `batch`, `system`, `sysbatch` or `_core`. */
  readonly type: string;
  /** 1 to 100; higher goes first. */
  readonly priority: number;
  /** What changed, such as `job-register`. */
  readonly triggeredBy: string;
  /** State index at which it was created; equal priorities go by age. */
  readonly createIndex: number;
}

/** An evaluation handed to one worker, and the proof that it is that worker's turn. */
export interface Delivery {
  readonly evaluation: Evaluation;
  readonly token: string;
}

export interface DequeueOptions {
  /** Longest wait for an evaluation, milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Where workers get evaluations from and report back to. At-least-once: what is not acked in time is delivered again. */
export interface EvalSource {
  /** `undefined` when none came in time or the signal aborted. */
  dequeue(types: readonly string[], options: DequeueOptions): Promise<Delivery | undefined>;
  /** The evaluation is done. An outdated token changes nothing: somebody else has it by then. */
  ack(evalId: string, token: string): Promise<void>;
  /** The evaluation could not be done and is delivered again. An outdated token changes nothing. */
  nack(evalId: string, token: string): Promise<void>;
}
