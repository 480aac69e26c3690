import type { Allocation, Plan } from '@steppe/domain';
import { isTerminalAllocation } from '@steppe/domain';
import type { SchedulingState } from '../state/scheduling-state.js';

/**
 * Nodes on which a plan places an allocation whose name another one has, and keeps: that one was placed by somebody who had
 * the same evaluation, or is not stopped after all.
 *
 * Differs from Nomad, where two workers with one evaluation, the first of them late, can place it twice.
 * @param refused - nodes whose part of the plan does not count
 */
export function doublesOf(
  state: SchedulingState,
  { job, nodeUpdate, nodeAllocation }: Plan,
  refused: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const isCarriedOut = ([nodeId]: readonly [string, unknown]): boolean => !refused.has(nodeId);
  const stopped = Object.entries(nodeUpdate)
    .filter(isCarriedOut)
    .flatMap(([, stops]) => stops);
  const placed = Object.entries(nodeAllocation)
    .filter(isCarriedOut)
    .flatMap(([, allocations]) => allocations);
  const known = state.allocationsOfJob(job.namespace, job.id);
  const changed = new Set([...stopped.map(({ allocationId }) => allocationId), ...placed.map(({ id }) => id)]);
  const names = new Set(known.filter((each) => !changed.has(each.id) && isPresent(each)).map(placeOf));
  const knownIds = new Set(known.map(({ id }) => id));
  for (const each of placed) if (knownIds.has(each.id) && isPresent(each)) names.add(placeOf(each));
  const doubles = new Map<string, string>();
  for (const each of placed) {
    if (knownIds.has(each.id)) continue;
    if (names.has(placeOf(each))) doubles.set(each.nodeId, `allocation "${each.name}" is there already`);
    names.add(placeOf(each));
  }
  return doubles;
}

/** Live, and on a node that answers. */
const isPresent = (allocation: Allocation): boolean =>
  !isTerminalAllocation(allocation) && allocation.clientStatus !== 'unknown';

/** What no two allocations have in common: the name, and of jobs that are on every node the node. */
function placeOf({ name, nodeId, jobType }: Allocation): string {
  return jobType === 'system' || jobType === 'sysbatch' ? `${nodeId}\0${name}` : name;
}
