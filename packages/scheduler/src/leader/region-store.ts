import type { Evaluation } from '@steppe/domain';
import type { PlanStore } from '../plan/plan-applier.js';
import type { SchedulingState } from '../state/scheduling-state.js';

/** Writes evaluations into the region's state, all as one change. */
export interface EvalWriter {
  /** Resolves when they are in the state; nothing is written once the lead is lost. @throws when that cannot be */
  writeEvaluations(evaluations: readonly Evaluation[]): Promise<void>;
}

/** The region's state as scheduling needs it of a server that may lead. */
export interface RegionStore extends PlanStore, EvalWriter {
  /** The newest state. */
  state(): SchedulingState;
  /** All evaluations of the newest state that have not ended. */
  openEvaluations(): Iterable<Evaluation>;
  /** Greatest modify index of any evaluation of a job; 0 without any. */
  jobEvalIndex(namespace: string, jobId: string): number;
}
