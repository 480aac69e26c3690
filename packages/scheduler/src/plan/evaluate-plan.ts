import type { Allocation, Node, Plan, PlanResult } from '@steppe/domain';
import { isTerminalAllocation } from '@steppe/domain';
import { fitProblem } from '../resources/node-fit.js';
import type { SchedulingState } from '../state/scheduling-state.js';

/** What is left of a plan, and why the rest was refused. */
export interface EvaluatedPlan {
  /** Not written yet: its `allocIndex` is 0. */
  readonly result: PlanResult;
  /** By node id. */
  readonly refusals: ReadonlyMap<string, string>;
}

/**
 * Checks a plan against a newer state than it was made of. Nodes that do not go along any more lose everything the plan has for
 * them; of a plan that is all or nothing, nothing is left then.
 * @see spec "Applier" of scheduling
 */
export function evaluatePlan(state: SchedulingState, plan: Plan): EvaluatedPlan {
  const nodeIds = new Set([...Object.keys(plan.nodeUpdate), ...Object.keys(plan.nodeAllocation)]);
  const refusals = new Map<string, string>();
  for (const nodeId of nodeIds) {
    const problem = nodeProblem(state, plan, nodeId);
    if (problem !== undefined) refusals.set(nodeId, problem);
  }
  const isNothingLeft = plan.allAtOnce && refusals.size > 0;
  const kept = <T>(byNode: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
    isNothingLeft ? {} : Object.fromEntries(Object.entries(byNode).filter(([nodeId]) => !refusals.has(nodeId)));
  return {
    refusals,
    result: {
      nodeUpdate: kept(plan.nodeUpdate),
      nodeAllocation: kept(plan.nodeAllocation),
      rejectedNodes: [...refusals.keys()],
      refreshIndex: refusals.size > 0 ? state.placementIndex : 0,
      allocIndex: 0,
    },
  };
}

function nodeProblem(state: SchedulingState, plan: Plan, nodeId: string): string | undefined {
  const placed = plan.nodeAllocation[nodeId] ?? [];
  // Stopping is always possible.
  if (placed.length === 0) return undefined;
  const node = state.node(nodeId);
  if (node === undefined) return 'node does not exist';
  if (node.status === 'disconnected') {
    return placed.every(({ clientStatus }) => clientStatus === 'unknown')
      ? undefined
      : 'node is disconnected and contains invalid updates';
  }
  if (node.status === 'down') {
    return placed.every(({ clientStatus }) => clientStatus === 'lost' || clientStatus === 'unknown')
      ? undefined
      : 'node is down and contains invalid updates';
  }
  if (node.status !== 'ready') return 'node is not ready for placements';
  return readyNodeProblem(state, plan, node);
}

function readyNodeProblem(state: SchedulingState, plan: Plan, node: Node): string | undefined {
  const placed = plan.nodeAllocation[node.id] ?? [];
  const live = state.allocationsOfNode(node.id).filter((allocation) => !isTerminalAllocation(allocation));
  const liveIds = new Set(live.map(({ id }) => id));
  const areUpdates = placed.every(({ id }) => liveIds.has(id));
  const takesNew = node.schedulingEligibility === 'eligible' && node.drain === undefined;
  if (!areUpdates && !takesNew) return 'node is not eligible';
  const gone = new Set([
    ...(plan.nodeUpdate[node.id] ?? []).map(({ allocationId }) => allocationId),
    ...placed.map(({ id }) => id),
  ]);
  const staying = live.filter(({ id }) => !gone.has(id));
  return fitProblem(node, [...staying, ...placed.filter(takesRoom)]);
}

/** Updates that note the end of an allocation ask for nothing. */
const takesRoom = (allocation: Allocation): boolean => !isTerminalAllocation(allocation);
