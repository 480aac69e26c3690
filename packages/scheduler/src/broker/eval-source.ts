import type { Evaluation } from '@steppe/domain';

/** An evaluation handed to one worker, and the proof that it is that worker's turn. */
export interface Delivery {
  readonly evaluation: Evaluation;
  readonly token: string;
  /** Index of the state that it must not be scheduled before. */
  readonly waitIndex: number;
}

export interface DequeueOptions {
  /** Longest wait for an evaluation, milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Where workers get evaluations from and report back to. At-least-once: what is not acked in time is delivered again. */
export interface EvalSource {
  /** `undefined` when none came in time or the signal aborted. @throws BROKER_DISABLED */
  dequeue(types: readonly string[], options: DequeueOptions): Promise<Delivery | undefined>;
  /** The evaluation is done. @throws EVAL_NOT_FOUND, EVAL_TOKEN_MISMATCH: somebody else has it by then */
  ack(evalId: string, token: string): Promise<void>;
  /** The evaluation could not be done and is delivered again. @throws as {@link ack} */
  nack(evalId: string, token: string): Promise<void>;
}
