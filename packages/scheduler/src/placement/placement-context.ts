import type { Allocation, AllocationStop, Job } from '@steppe/domain';
import { isClientTerminal, isTerminalAllocation } from '@steppe/domain';
import type { Capacity } from '../resources/node-fit.js';
import { usedBy } from '../resources/node-fit.js';
import { ConditionCache } from '../feasibility/condition.js';
import { resolveTarget } from '../feasibility/target.js';
import type { SchedulingState } from '../state/scheduling-state.js';
import type { DraftPlan } from '../worker/planner.js';

/** What would be on a node with a plan carried out. */
export interface ProposedOnNode {
  readonly allocations: readonly Allocation[];
  /** What they have together. */
  readonly used: Capacity;
  /** Live ones of the plan's job, by group. */
  readonly own: ReadonlyMap<string, number>;
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
  /** What the job would have, by id. */
  readonly #ofJob = new Map<string, Allocation>();
  /** Of the job's allocations as they are now; see {@link PlacementContext.countsBy}. */
  readonly #counts = new Map<string, ReadonlyMap<string, number>>();

  /** @param job - whose plan it is; of a purged one what is left to know of it */
  constructor(state: SchedulingState, job: PlannedJob) {
    this.state = state;
    this.#job = job;
    for (const known of state.allocationsOfJob(job.namespace, job.id)) {
      if (!isTerminalAllocation(known)) this.#ofJob.set(known.id, known);
    }
  }

  stop(allocation: Allocation, stop: Omit<AllocationStop, 'allocationId'>): void {
    append(this.#stops, allocation.nodeId, { ...stop, allocationId: allocation.id });
    this.#stoppedIds.add(allocation.id);
    this.#ofJob.delete(allocation.id);
    this.#didChange(allocation.nodeId);
  }

  /** Takes a stop back, for what stays where it is. */
  unstop(allocation: Allocation): void {
    if (!this.#stoppedIds.delete(allocation.id)) return;
    if (!isTerminalAllocation(allocation)) this.#ofJob.set(allocation.id, allocation);
    this.#didChange(allocation.nodeId);
    const rest = (this.#stops.get(allocation.nodeId) ?? []).filter(
      ({ allocationId }) => allocationId !== allocation.id,
    );
    if (rest.length === 0) this.#stops.delete(allocation.nodeId);
    else this.#stops.set(allocation.nodeId, rest);
  }

  /** A new allocation, or a new version of one that is there. */
  place(allocation: Allocation): void {
    append(this.#placed, allocation.nodeId, allocation);
    this.#ofJob.set(allocation.id, allocation);
    this.#didChange(allocation.nodeId);
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
    const proposed = { allocations, used: usedBy(allocations), own: this.#ownByGroup(allocations) };
    this.#proposed.set(nodeId, proposed);
    return proposed;
  }

  /**
   * How many of the job's allocations, or of those of one of its groups, would be on nodes with each value of a target such as
   * `${attr.rack}`.
   */
  countsBy(target: string, group?: string): ReadonlyMap<string, number> {
    const key = `${group ?? ''}\0${target}`;
    const known = this.#counts.get(key);
    if (known !== undefined) return known;
    const counts = new Map<string, number>();
    for (const { nodeId, taskGroup } of this.#ofJob.values()) {
      if (group !== undefined && taskGroup !== group) continue;
      const node = this.state.node(nodeId);
      const value = node === undefined ? undefined : resolveTarget(target, node);
      if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    this.#counts.set(key, counts);
    return counts;
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

  #ownByGroup(allocations: readonly Allocation[]): ReadonlyMap<string, number> {
    const own = new Map<string, number>();
    for (const each of allocations) {
      if (each.jobId !== this.#job.id || each.namespace !== this.#job.namespace || isTerminalAllocation(each)) continue;
      own.set(each.taskGroup, (own.get(each.taskGroup) ?? 0) + 1);
    }
    return own;
  }

  #didChange(nodeId: string): void {
    this.#proposed.delete(nodeId);
    this.#counts.clear();
  }
}

function append<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
