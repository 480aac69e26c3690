import type { Allocation, Evaluation, Job, PlanResult, TaskGroup } from '@steppe/domain';
import type { ClassFindings } from '../feasibility/feasibility.js';
import { candidateNodes, isNodeOf } from '../placement/candidate-nodes.js';
import { NodeStack } from '../placement/node-stack.js';
import { PlacementContext } from '../placement/placement-context.js';
import { EvaluationRandom } from '../rank/seeded-order.js';
import { DESCRIPTIONS } from '../reconcile/descriptions.js';
import type { FollowUps } from '../reconcile/follow-ups.js';
import type { SchedulingState } from '../state/scheduling-state.js';
import type { DraftPlan } from '../worker/planner.js';

export interface AttemptOptions {
  readonly evaluation: Evaluation;
  readonly state: SchedulingState;
  /** Of all attempts of the evaluation, Unix milliseconds. */
  readonly nowMs: number;
  readonly followUps: FollowUps;
}

const NO_FINDINGS: ClassFindings = { eligibility: {}, hasEscaped: false };

/** The books of one try at a plan: what it is made on, what it has so far, and what has come of it. */
export class Attempt {
  readonly options: AttemptOptions;
  /** The newest version; `undefined` once it is purged. */
  readonly job: Job | undefined;
  readonly context: PlacementContext;
  #stack: NodeStack | undefined;
  /** By group: allocations that nodes were wanted for. */
  readonly #wanted = new Map<string, number>();
  /** Ids of new allocations. */
  readonly #placed = new Set<string>();
  /** How many of them have been carried out, by group. */
  readonly #done = new Map<string, number>();

  constructor(options: AttemptOptions) {
    const { state, evaluation } = options;
    const { namespace, jobId, priority } = evaluation;
    this.options = options;
    this.job = state.job(namespace, jobId);
    this.context = new PlacementContext(state, this.job ?? { namespace, id: jobId, priority, allAtOnce: false });
  }

  /** All of the job, ended ones included. */
  get allocations(): readonly Allocation[] {
    const { state, evaluation } = this.options;
    return state.allocationsOfJob(evaluation.namespace, evaluation.jobId);
  }

  /** The version of the job that an allocation is of. */
  jobOf({ namespace, jobId, jobModifyIndex }: Allocation): Job | undefined {
    return this.options.state.jobVersion(namespace, jobId, jobModifyIndex);
  }

  /** Finds nodes for the job. @param job - not purged */
  stack(job: Job): NodeStack {
    const { state, evaluation } = this.options;
    this.#stack ??= new NodeStack(
      { job, candidates: candidateNodes(state, job) },
      { context: this.context, random: new EvaluationRandom(evaluation.id, state.index) },
    );
    return this.#stack;
  }

  /** Whether an allocation, as the current version of the job, could go on where it is. */
  canStay(allocation: Allocation, group: TaskGroup): boolean {
    const node = this.options.state.node(allocation.nodeId);
    if (node === undefined || this.job === undefined || !isNodeOf(node, this.job)) return false;
    this.context.stop(allocation, { desiredDescription: DESCRIPTIONS.inPlace });
    const found = this.stack(this.job).selectOn(node, group);
    this.context.unstop(allocation);
    return found.node !== undefined;
  }

  /** Makes an allocation one of the current version of the job, where it is. */
  updateInPlace(allocation: Allocation, { version, jobModifyIndex }: Job): void {
    this.context.place({
      ...allocation,
      evalId: this.options.evaluation.id,
      jobVersion: version,
      jobModifyIndex,
      desiredDescription: DESCRIPTIONS.inPlace,
    });
  }

  want(group: TaskGroup): void {
    count(this.#wanted, group.name);
  }

  /** Puts a new allocation into the plan. */
  place(allocation: Allocation): void {
    this.#placed.add(allocation.id);
    this.context.place(allocation);
  }

  /** `undefined` when nothing is to be done. */
  plan(): DraftPlan | undefined {
    const draft = this.context.plan();
    const isNothing = Object.keys(draft.nodeUpdate).length === 0 && Object.keys(draft.nodeAllocation).length === 0;
    return isNothing ? undefined : draft;
  }

  /** Takes note of what has come of the plan. @returns whether all of it has been carried out */
  account({ nodeAllocation, nodeUpdate }: PlanResult): boolean {
    for (const allocation of Object.values(nodeAllocation).flat()) {
      if (this.#placed.has(allocation.id)) count(this.#done, allocation.taskGroup);
    }
    const draft = this.context.plan();
    return (
      Object.keys(draft.nodeAllocation).every((nodeId) => Object.hasOwn(nodeAllocation, nodeId)) &&
      Object.keys(draft.nodeUpdate).every((nodeId) => Object.hasOwn(nodeUpdate, nodeId))
    );
  }

  /** By group: wanted, and not there. */
  get queued(): Readonly<Record<string, number>> {
    const groups = this.job?.stop === false ? this.job.taskGroups : [];
    return Object.fromEntries(
      groups.map(({ name }) => [name, (this.#wanted.get(name) ?? 0) - (this.#done.get(name) ?? 0)]),
    );
  }

  get findings(): ClassFindings {
    return this.#stack?.findings ?? NO_FINDINGS;
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
