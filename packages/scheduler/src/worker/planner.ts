import type { Evaluation, Plan, PlanResult } from '@steppe/domain';
import type { SchedulingState } from '../state/scheduling-state.js';

/** A plan as a scheduler makes it: who it is for and what it was made of is filled in on the way. */
export type DraftPlan = Omit<Plan, 'evalId' | 'evalToken' | 'snapshotIndex'>;

export interface PlanOutcome {
  readonly result: PlanResult;
  /** A newer state, where the plan was made of one that has been overtaken. */
  readonly newState: SchedulingState | undefined;
}

/** What a scheduler can do while it has one evaluation. Everything it wants reaches the leader through here. */
export interface Planner {
  /** As of when the scheduler was called first for this delivery. */
  readonly state: SchedulingState;
  /** Resolves when the leader has carried out what still fits. */
  submitPlan(plan: DraftPlan): Promise<PlanOutcome>;
  /** Writes the evaluation itself, with a new status for example. */
  updateEval(evaluation: Evaluation): Promise<void>;
  /** Writes a follow-up; its `previousEval` is the one in hand. */
  createEval(evaluation: Evaluation): Promise<void>;
  /** Leaves the evaluation blocked, with what was learnt about nodes this time. */
  reblockEval(evaluation: Evaluation): Promise<void>;
}

/** How a worker reaches the leader on behalf of its schedulers; on the leader itself it is a call away. */
export interface SchedulingLink {
  /**
   * The state of this server as of `index` or later.
   * @throws STATE_BEHIND when it does not get there within `timeoutMs`
   */
  stateAt(
    index: number,
    options: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<SchedulingState>;
  submitPlan(plan: Plan): Promise<PlanResult>;
  updateEval(evaluation: Evaluation, token: string): Promise<void>;
  createEval(evaluation: Evaluation, token: string): Promise<void>;
  reblockEval(evaluation: Evaluation, token: string): Promise<void>;
}
