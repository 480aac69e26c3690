import type { Allocation, Node, Plan, PlanResult } from '@steppe/domain';
import { isClientTerminal, isTerminalAllocation } from '@steppe/domain';
import { fitProblem } from '../resources/node-fit.js';
import type { SchedulingState } from '../state/scheduling-state.js';
import { doublesOf } from './doubles.js';

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
 * @param refused - the nodes that do not go along, and why: {@link nodeProblem} of each
 * @see spec "Applier" of scheduling
 */
export function evaluatePlan(
  state: SchedulingState,
  plan: Plan,
  refused: ReadonlyMap<string, string> = refusedNodes(state, plan),
): EvaluatedPlan {
  const refusals = new Map(refused);
  // What is refused on one node may keep an allocation that was to be replaced on another.
  for (let doubles = doublesOf(state, plan, refusals); doubles.size > 0; doubles = doublesOf(state, plan, refusals)) {
    for (const [nodeId, reason] of doubles) refusals.set(nodeId, reason);
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
      refreshIndex: refusals.size > 0 ? state.placementIndex || state.index : 0,
      allocIndex: 0,
    },
  };
}

function refusedNodes(state: SchedulingState, plan: Plan): ReadonlyMap<string, string> {
  const problems = Object.keys(plan.nodeAllocation).map(
    (nodeId) => [nodeId, nodeProblem(state, plan, nodeId)] as const,
  );
  return new Map(problems.filter((each): each is readonly [string, string] => each[1] !== undefined));
}

/** Why a node does not go along with what a plan places on it; `undefined` when it does. */
export function nodeProblem(state: SchedulingState, plan: Plan, nodeId: string): string | undefined {
  const known = new Map(state.allocationsOfNode(nodeId).map((allocation) => [allocation.id, allocation]));
  // Differs from Nomad: what is noted of an allocation that has ended asks nothing of its node, however that is.
  const placed = (plan.nodeAllocation[nodeId] ?? []).filter(({ id }) => {
    const before = known.get(id);
    return before === undefined || !isClientTerminal(before);
  });
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
    return placed.every((allocation) => isForDownNode(state, allocation))
      ? undefined
      : 'node is down and contains invalid updates';
  }
  if (node.status !== 'ready') return 'node is not ready for placements';
  return readyNodeProblem(plan, node, [...known.values()], placed);
}

/** It is lost, or waits there without being replaced. */
function isForDownNode(state: SchedulingState, allocation: Allocation): boolean {
  if (allocation.clientStatus === 'lost') return true;
  const { namespace, jobId, jobModifyIndex, taskGroup, clientStatus } = allocation;
  const job = state.jobVersion(namespace, jobId, jobModifyIndex) ?? state.job(namespace, jobId);
  const group = job?.taskGroups.find(({ name }) => name === taskGroup);
  return clientStatus === 'unknown' && group?.disconnect?.replace === false;
}

function readyNodeProblem(
  plan: Plan,
  node: Node,
  known: readonly Allocation[],
  placed: readonly Allocation[],
): string | undefined {
  const live = known.filter((allocation) => !isTerminalAllocation(allocation));
  const liveIds = new Set(live.map(({ id }) => id));
  // They have their room already.
  if (placed.every(({ id }) => liveIds.has(id))) return undefined;
  if (node.schedulingEligibility !== 'eligible' || node.drain !== undefined) return 'node is not eligible';
  const gone = new Set([
    ...(plan.nodeUpdate[node.id] ?? []).map(({ allocationId }) => allocationId),
    ...placed.map(({ id }) => id),
  ]);
  const staying = live.filter(({ id }) => !gone.has(id));
  return fitProblem(node, [...staying, ...placed.filter((allocation) => !isTerminalAllocation(allocation))]);
}
