import type { Allocation, AllocationStop, Job, Node, TaskGroup } from '@steppe/domain';
import { isClientTerminal, isTerminalAllocation } from '@steppe/domain';
import type { Capacity } from '../resources/node-fit.js';
import { usedBy } from '../resources/node-fit.js';
import { ConditionCache } from '../feasibility/condition.js';
import type { SchedulingState } from '../state/scheduling-state.js';
import type { DraftPlan } from '../worker/planner.js';

/** What would be on a node with a plan carried out. */
export interface ProposedOnNode {
  readonly allocations: readonly Allocation[];
  /** What they have together. */
  readonly used: Capacity;
}

/** What a plan says of its job. */
export type PlannedJob = Pick<Job, 'namespace' | 'id' | 'priority' | 'allAtOnce'>;

/** One attempt of a scheduler: the state it looks at and the plan it makes, each step seeing the ones before. */
export class PlacementContext {
  readonly state: SchedulingState;
  readonly conditions = new ConditionCache();
  readonly #job: PlannedJob;
  readonly #stops = new Map<string, AllocationStop[]>();
  readonly #placed = new Map<string, Allocation[]>();
  readonly #stoppedIds = new Set<string>();
  /** Of nodes that were asked about and have not changed since; by node id. */
  readonly #proposed = new Map<string, ProposedOnNode>();

  /** @param job - whose plan it is; of a purged one what is left to know of it */
  constructor(state: SchedulingState, job: PlannedJob) {
    this.state = state;
    this.#job = job;
  }

  stop(allocation: Allocation, stop: Omit<AllocationStop, 'allocationId'>): void {
    append(this.#stops, allocation.nodeId, { ...stop, allocationId: allocation.id });
    this.#stoppedIds.add(allocation.id);
    this.#proposed.delete(allocation.nodeId);
  }

  /** Takes a stop back, for what stays where it is. */
  unstop(allocation: Allocation): void {
    if (!this.#stoppedIds.delete(allocation.id)) return;
    this.#proposed.delete(allocation.nodeId);
    const rest = (this.#stops.get(allocation.nodeId) ?? []).filter(
      ({ allocationId }) => allocationId !== allocation.id,
    );
    if (rest.length === 0) this.#stops.delete(allocation.nodeId);
    else this.#stops.set(allocation.nodeId, rest);
  }

  /** A new allocation, or a new version of one that is there. */
  place(allocation: Allocation): void {
    append(this.#placed, allocation.nodeId, allocation);
    this.#proposed.delete(allocation.nodeId);
  }

  /**
   * What would be on a node with the plan carried out. One that was told to stop still has its room as long as it runs.
   */
  proposedOn(nodeId: string): ProposedOnNode {
    const known = this.#proposed.get(nodeId);
    if (known !== undefined) return known;
    const placed = this.#placed.get(nodeId) ?? [];
    const placedIds = new Set(placed.map(({ id }) => id));
    const staying = this.state
      .allocationsOfNode(nodeId)
      .filter((each) => !isClientTerminal(each) && !this.#stoppedIds.has(each.id) && !placedIds.has(each.id));
    const allocations = [...staying, ...placed];
    const proposed = { allocations, used: usedBy(allocations) };
    this.#proposed.set(nodeId, proposed);
    return proposed;
  }

  /** Nodes of the allocations that a group would have, one for each. */
  nodesOfGroup(job: Job, group: TaskGroup): readonly Node[] {
    return this.#proposedOfJob(job)
      .filter(({ taskGroup }) => taskGroup === group.name)
      .map(({ nodeId }) => this.state.node(nodeId))
      .filter((node) => node !== undefined);
  }

  /** Nodes of all allocations that a job would have, or those of one of its groups. */
  placementsOf(job: Job, group?: TaskGroup): readonly Allocation[] {
    const all = this.#proposedOfJob(job);
    return group === undefined ? all : all.filter(({ taskGroup }) => taskGroup === group.name);
  }

  plan(): DraftPlan {
    return {
      priority: this.#job.priority,
      allAtOnce: this.#job.allAtOnce,
      job: { namespace: this.#job.namespace, id: this.#job.id },
      nodeUpdate: Object.fromEntries(this.#stops),
      nodeAllocation: Object.fromEntries(this.#placed),
    };
  }

  #proposedOfJob({ namespace, id }: Job): readonly Allocation[] {
    const placed = [...this.#placed.values()]
      .flat()
      .filter((each) => each.namespace === namespace && each.jobId === id);
    const placedIds = new Set(placed.map((each) => each.id));
    const staying = this.state
      .allocationsOfJob(namespace, id)
      .filter((known) => !isTerminalAllocation(known) && !this.#stoppedIds.has(known.id) && !placedIds.has(known.id));
    return [...staying, ...placed];
  }
}

function append<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
