import type { Allocation, AllocationStop, Evaluation, JobKey, Plan, PlanResult } from '@steppe/domain';
import type { Clock, Turns } from '@steppe/runtime';
import type { AwaitIndexOptions, CoreStore, RegionStore } from '@steppe/scheduler';
import { awaitIndex, newlyPlaced, planWrites } from '@steppe/scheduler';
import type { PreparedRow, StateStore } from '@steppe/state';
import { ALLOCATIONS, EVALUATIONS, jobKey, NODE_SECRETS, NODES, prepareRow } from '@steppe/state';
import { inParts } from './in-parts.js';
import { deleteJob, evaluationsOfJob, forgetPurged } from './job-rows.js';
import { asDesired, putDesiredAllocations, writeEvaluations } from './region-writes.js';
import { RegionView } from './region-view.js';

export interface StateRegionStoreDeps {
  readonly state: StateStore;
  readonly clock: Clock;
}

/** Written in a millisecond or two. */
const FEW_ROWS = 20;

/** One thing that a plan changes. */
type PlanStep =
  | { readonly nodeId: string; readonly stop: AllocationStop }
  | { readonly nodeId: string; readonly placed: Allocation };

/** Scheduling's way to the region's state. Only the leader's writes come about. */
export class StateRegionStore implements RegionStore, CoreStore {
  readonly #state: StateStore;
  readonly #clock: Clock;

  constructor({ state, clock }: StateRegionStoreDeps) {
    this.#state = state;
    this.#clock = clock;
  }

  state(): RegionView {
    return new RegionView(this.#state.snapshot());
  }

  async stateAt(index: number, options: AwaitIndexOptions): Promise<RegionView> {
    await awaitIndex(index, () => this.#state.index, { ...options, clock: this.#clock });
    return this.state();
  }

  openEvaluations(): Iterable<Evaluation> {
    return this.#state.snapshot().find(EVALUATIONS, 'open', 'true');
  }

  jobEvalIndex(namespace: string, jobId: string): number {
    let index = 0;
    for (const { modifyIndex } of evaluationsOfJob(this.#state.snapshot(), { namespace, id: jobId })) {
      index = Math.max(index, modifyIndex);
    }
    return index;
  }

  writeEvaluations(evaluations: readonly Evaluation[]): Promise<void> {
    return writeEvaluations(this.#state, evaluations);
  }

  /** A plan that is too large for the engine is written in parts; with the last of them its evaluation has a new index. */
  async write(plan: Plan, result: PlanResult, turns: Turns): Promise<number> {
    const nowMs = this.#clock.now();
    const { rows, prepared } = await this.#prepare(result, { nowMs, turns });
    const place = (placed: Allocation): Allocation => rows.get(placed) ?? newlyPlaced(placed, nowMs);
    return inParts(stepsOf(result), async (steps) => {
      const { index } = await this.#state.transact((tx) => {
        const writes = planWrites(new RegionView(tx), plan, { ...result, ...resultOf(steps) }, nowMs, place);
        putDesiredAllocations(tx, writes, prepared);
        const evaluation = tx.get(EVALUATIONS, plan.evalId);
        if (evaluation !== undefined) tx.put(EVALUATIONS, evaluation);
      });
      return index;
    });
  }

  /** Makes the rows of what a plan places, which is most of the work of writing it, and lets others have turns meanwhile. */
  async #prepare({ nodeAllocation }: PlanResult, { nowMs, turns }: { readonly nowMs: number; readonly turns: Turns }) {
    const rows = new Map<Allocation, Allocation>();
    const prepared = new Map<Allocation, PreparedRow<Allocation>>();
    const before = this.#state.snapshot();
    for (const placed of Object.values(nodeAllocation).flat()) {
      // What changes one that is there depends on how that is when it is written.
      if (before.get(ALLOCATIONS, placed.id) !== undefined) continue;
      if (turns.isOver) await turns.next();
      const row = newlyPlaced(placed, nowMs);
      rows.set(placed, row);
      prepared.set(row, prepareRow(ALLOCATIONS, asDesired(row)));
    }
    // Writing many is a turn of its own.
    if (rows.size > FEW_ROWS) await turns.next();
    return { rows, prepared };
  }

  async deleteEvaluations(evaluationIds: readonly string[], allocationIds: readonly string[]): Promise<void> {
    const rows = [
      ...evaluationIds.map((key) => ({ table: EVALUATIONS, key })),
      ...allocationIds.map((key) => ({ table: ALLOCATIONS, key })),
    ];
    await inParts(rows, async (part) => {
      const { index } = await this.#state.transact((tx) => {
        const jobs = new Map<string, JobKey>();
        for (const { table, key } of part) {
          const allocation = table === ALLOCATIONS ? tx.get(ALLOCATIONS, key) : undefined;
          tx.delete(table, key);
          if (allocation === undefined) continue;
          const job = { namespace: allocation.namespace, id: allocation.jobId };
          jobs.set(jobKey(job), job);
        }
        for (const job of jobs.values()) forgetPurged(tx, job);
      });
      return index;
    });
  }

  async deleteJobs(jobs: readonly JobKey[]): Promise<void> {
    await inParts(jobs, async (part) => {
      const { index } = await this.#state.transact((tx) => {
        for (const job of part) deleteJob(tx, job);
      });
      return index;
    });
  }

  async deleteNodes(ids: readonly string[]): Promise<void> {
    await inParts(ids, async (part) => {
      const { index } = await this.#state.transact((tx) => {
        for (const id of part) {
          tx.delete(NODES, id);
          tx.delete(NODE_SECRETS, id);
        }
      });
      return index;
    });
  }
}

function stepsOf({ nodeUpdate, nodeAllocation }: PlanResult): readonly PlanStep[] {
  return [
    ...Object.entries(nodeUpdate).flatMap(([nodeId, stops]) => stops.map((stop) => ({ nodeId, stop }))),
    ...Object.entries(nodeAllocation).flatMap(([nodeId, all]) => all.map((placed) => ({ nodeId, placed }))),
  ];
}

function resultOf(steps: readonly PlanStep[]): Pick<PlanResult, 'nodeUpdate' | 'nodeAllocation'> {
  const nodeUpdate: Record<string, AllocationStop[]> = {};
  const nodeAllocation: Record<string, Allocation[]> = {};
  for (const step of steps) {
    if ('stop' in step) (nodeUpdate[step.nodeId] ??= []).push(step.stop);
    else (nodeAllocation[step.nodeId] ??= []).push(step.placed);
  }
  return { nodeUpdate, nodeAllocation };
}
