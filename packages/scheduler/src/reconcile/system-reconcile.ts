import type { Allocation, Job, Node, TaskGroup } from '@steppe/domain';
import { allocationIndex, allocationName, isServerTerminal, isTerminalAllocation } from '@steppe/domain';
import { isNodeOf, isReady } from '../placement/candidate-nodes.js';
import { DESCRIPTIONS } from './descriptions.js';
import { isLostWhileStopping, nodeVerdict, unknownFrom } from './disconnect.js';
import type { FollowUps } from './follow-ups.js';
import { needsReplacement } from './needs-replacement.js';
import type { Stop } from './reconciliation.js';
import { endOf } from './reconciliation.js';

/** An allocation that one node is to have. */
export interface WantedOnNode {
  readonly node: Node;
  readonly group: TaskGroup;
  readonly name: string;
  /** Of the same name on the same node. */
  readonly previous: Allocation | undefined;
  /** How that one ends, if there is room for the new one; absent when it has ended. */
  readonly previousStop: Stop | undefined;
}

/** What is to change so that a job has what it asks for on every node. */
export interface SystemReconciliation {
  readonly stops: { readonly allocation: Allocation; readonly stop: Stop }[];
  readonly inPlace: Allocation[];
  readonly notes: Allocation[];
  readonly wanted: WantedOnNode[];
  /** Groups of which something runs and stays. */
  readonly running: Set<string>;
}

export interface SystemInput {
  /** `undefined` once it is purged. */
  readonly job: Job | undefined;
  /** Of the job, ended ones included. */
  readonly allocations: readonly Allocation[];
  readonly nowMs: number;
  readonly nodes: Iterable<Node>;
  readonly node: (id: string) => Node | undefined;
  readonly jobOf: (allocation: Allocation) => Job | undefined;
  readonly canStay: (allocation: Allocation, group: TaskGroup) => boolean;
  readonly followUps: FollowUps;
}

/**
 * Compares what a system or sysbatch job asks for with what is there: of each group so many allocations on each node.
 * @see spec "System and sysbatch" of scheduling
 */
export function reconcileSystem(input: SystemInput): SystemReconciliation {
  const { allocations, node } = input;
  const job = input.job?.stop === false ? input.job : undefined;
  const result: SystemReconciliation = { stops: [], inPlace: [], notes: [], wanted: [], running: new Set() };
  const taken = new Map<string, Allocation>();
  const outdated: { readonly allocation: Allocation; readonly group: TaskGroup }[] = [];
  for (const allocation of allocations) {
    if (isLostWhileStopping(allocation, node(allocation.nodeId))) {
      result.stops.push({ allocation, stop: { desiredDescription: DESCRIPTIONS.lost, clientStatus: 'lost' } });
    }
    const group = job?.taskGroups.find(({ name }) => name === allocation.taskGroup);
    if (isTerminalAllocation(allocation)) {
      if (job !== undefined && hasFinished(allocation, job)) taken.set(placeOf(allocation), allocation);
      continue;
    }
    const isOutdated = examine(allocation, group, job, input, result);
    if (isOutdated === undefined) continue;
    taken.set(placeOf(allocation), allocation);
    if (isOutdated && group !== undefined) outdated.push({ allocation, group });
    else result.running.add(allocation.taskGroup);
  }
  if (job === undefined) return result;
  update(outdated, job, input, result);
  const ended = new Map(allocations.filter(isTerminalAllocation).map((each) => [placeOf(each), each]));
  for (const each of input.nodes) {
    if (!isReady(each) || !isNodeOf(each, job)) continue;
    for (const group of job.taskGroups) {
      for (let index = 0; index < (group.count ?? 1); index += 1) {
        const name = allocationName(job.id, group.name, index);
        const place = `${each.id}\0${name}`;
        if (taken.has(place)) continue;
        result.wanted.push({ node: each, group, name, previous: ended.get(place), previousStop: undefined });
      }
    }
  }
  return result;
}

const placeOf = ({ nodeId, name }: Allocation): string => `${nodeId}\0${name}`;

/** What runs to its end has done so, and is not run again until its job changes or somebody insists. */
function hasFinished(allocation: Allocation, job: Job): boolean {
  const { clientStatus, desiredTransition, jobModifyIndex } = allocation;
  if (job.type !== 'sysbatch' || isServerTerminal(allocation) || jobModifyIndex !== job.jobModifyIndex) return false;
  return (clientStatus === 'complete' || clientStatus === 'failed') && desiredTransition?.forceReschedule !== true;
}

/** @returns whether it is of an older version; `undefined` when it ends or is away */
function examine(
  allocation: Allocation,
  group: TaskGroup | undefined,
  job: Job | undefined,
  { node, nowMs, followUps }: SystemInput,
  result: SystemReconciliation,
): boolean | undefined {
  const stop = (reason: Stop): undefined => void result.stops.push({ allocation, stop: reason });
  const home = node(allocation.nodeId);
  if (job === undefined || group === undefined || allocationIndex(allocation) >= (group.count ?? 1)) {
    return stop(endOf(allocation, node));
  }
  switch (nodeVerdict(allocation, home, group, nowMs)) {
    case 'lost':
      return stop({ desiredDescription: DESCRIPTIONS.lost, clientStatus: 'lost' });
    case 'migrates':
      return stop(endOf(allocation, node, DESCRIPTIONS.tainted));
    case 'disconnects': {
      const lostAfterMs = group.disconnect?.lostAfterMs ?? 0;
      const endsByItself = lostAfterMs > 0 && group.disconnect?.replace !== false;
      const followup = endsByItself ? { followupEvalId: followUps.disconnect(nowMs + lostAfterMs) } : {};
      result.notes.push({ ...unknownFrom(allocation, nowMs), ...followup });
      return false;
    }
    case 'unknown':
      return false;
    case 'stays':
      break;
  }
  if (home === undefined || !isNodeOf(home, job)) return stop(endOf(allocation, node));
  // Nothing new goes to a node that is not open, so what is there is better than nothing.
  return isReady(home) && allocation.jobModifyIndex !== job.jobModifyIndex;
}

function update(
  outdated: readonly { readonly allocation: Allocation; readonly group: TaskGroup }[],
  job: Job,
  { jobOf, canStay, node, nowMs, followUps }: SystemInput,
  result: SystemReconciliation,
): void {
  const replaced = new Map<TaskGroup, Allocation[]>();
  for (const { allocation, group } of outdated) {
    const from = jobOf(allocation);
    const isDifferent = from === undefined || needsReplacement(from, job, group.name);
    if (!isDifferent && canStay(allocation, group)) {
      result.inPlace.push(allocation);
      result.running.add(group.name);
    } else replaced.set(group, [...(replaced.get(group) ?? []), allocation]);
  }
  for (const [group, all] of replaced) {
    const { maxParallel, staggerMs } = group.update ?? { maxParallel: 0, staggerMs: 0 };
    const limit = maxParallel === 0 ? all.length : maxParallel;
    if (all.length > limit) followUps.rollOn(nowMs + (staggerMs || DEFAULT_STAGGER_MS));
    for (const previous of all.slice(0, limit)) {
      const home = node(previous.nodeId);
      if (home === undefined) continue;
      const previousStop: Stop = { desiredDescription: DESCRIPTIONS.updating };
      result.wanted.push({ node: home, group, name: previous.name, previous, previousStop });
    }
  }
}

const DEFAULT_STAGGER_MS = 30_000;
