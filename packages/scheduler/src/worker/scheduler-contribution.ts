import type { Evaluation } from '@steppe/domain';
import type { Planner } from './planner.js';

/**
 * Contribution point: the scheduler for one type of evaluation. The key is `type`. Called by one worker at a time per
 * evaluation, by several workers at once; a rejection hands the evaluation back to the broker.
 */
export interface SchedulerContribution {
  readonly type: string;
  process(evaluation: Evaluation, planner: Planner, options: { readonly signal: AbortSignal }): Promise<void>;
}
