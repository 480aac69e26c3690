import type { Evaluation } from '@steppe/domain';
import type { DraftPlan, Planner, PlanOutcome, SchedulingState } from '@steppe/scheduler';

/** Takes note of what a scheduler wants, and has it all come about without anything being written. */
export class RecordingPlanner implements Planner {
  readonly state: SchedulingState;
  readonly drafts: DraftPlan[] = [];
  readonly created: Evaluation[] = [];
  /** The evaluation as the scheduler left it. */
  evaluation: Evaluation;

  constructor(state: SchedulingState, evaluation: Evaluation) {
    this.state = state;
    this.evaluation = evaluation;
  }

  async submitPlan(draft: DraftPlan): Promise<PlanOutcome> {
    this.drafts.push(draft);
    const { nodeUpdate, nodeAllocation } = draft;
    const result = { nodeUpdate, nodeAllocation, rejectedNodes: [], refreshIndex: 0, allocIndex: this.state.index + 1 };
    return { result, newState: undefined };
  }

  async updateEval(evaluation: Evaluation): Promise<void> {
    this.evaluation = evaluation;
  }

  async createEval(evaluation: Evaluation): Promise<void> {
    this.created.push(evaluation);
  }

  async reblockEval(evaluation: Evaluation): Promise<void> {
    this.evaluation = evaluation;
  }
}
