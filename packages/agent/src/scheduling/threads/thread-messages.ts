import type { Evaluation, PlanResult } from '@steppe/domain';
import type { DraftPlan } from '@steppe/scheduler';
import type { Commit, ImagePiece } from '@steppe/state';

/** What a scheduler in a thread asks of the worker that gave it an evaluation. */
export type PlannerCall =
  | { readonly method: 'submitPlan'; readonly plan: DraftPlan }
  | { readonly method: 'updateEval' | 'createEval' | 'reblockEval'; readonly evaluation: Evaluation };

/** To a scheduler thread. A whole state comes first, then every commit after it, in order. */
export type ToThread =
  /** The pieces of a state follow; any that came before are void. */
  | { readonly kind: 'load' }
  | { readonly kind: 'piece'; readonly piece: ImagePiece }
  /** That was all of the state, which is as of `index`. */
  | { readonly kind: 'loaded'; readonly index: number }
  | { readonly kind: 'commit'; readonly commit: Commit }
  /** @see SchedulerThreads: one at a time. `index`: of the state to look at, or a later one. */
  | { readonly kind: 'process'; readonly evaluation: Evaluation; readonly index: number }
  | { readonly kind: 'answer'; readonly call: number; readonly result: PlanResult | undefined }
  | { readonly kind: 'refused'; readonly call: number; readonly message: string }
  | { readonly kind: 'abort'; readonly message: string };

/** From a scheduler thread. */
export type FromThread =
  | { readonly kind: 'call'; readonly call: number; readonly ask: PlannerCall }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly message: string };

/** A scheduler thread, from outside. */
export interface SchedulerThreadPort {
  post(message: ToThread): void;
  onMessage(listener: (message: FromThread) => void): void;
  /** The thread has ended, for whatever reason. */
  onExit(listener: (reason: string) => void): void;
  end(): Promise<void>;
}
