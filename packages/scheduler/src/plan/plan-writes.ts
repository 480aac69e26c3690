import type { Allocation, AllocationStop, Plan, PlanResult } from '@steppe/domain';
import { isClientTerminal, isServerTerminal } from '@steppe/domain';
import type { SchedulingState } from '../state/scheduling-state.js';

/**
 * The allocations as they are to be written for what is left of a plan, without their indexes: those are the writer's, and
 * they are server writes, so that `allocModifyIndex` goes up as well. The evaluation's modify index becomes that of the write.
 * @param state - that the write is on top of
 * @param place - a row of what was not there before; default: {@link newlyPlaced}
 * @see spec "Applier": commit rules
 */
export function planWrites(
  state: SchedulingState,
  { job: { namespace, id } }: Plan,
  { nodeUpdate, nodeAllocation }: PlanResult,
  nowMs: number,
  place: (placed: Allocation) => Allocation = (placed) => newlyPlaced(placed, nowMs),
): readonly Allocation[] {
  const known = new Map(state.allocationsOfJob(namespace, id).map((allocation) => [allocation.id, allocation]));
  const written = new Map<string, Allocation>();
  const current = (allocationId: string): Allocation | undefined =>
    written.get(allocationId) ?? known.get(allocationId);
  for (const stop of Object.values(nodeUpdate).flat()) {
    const allocation = current(stop.allocationId);
    if (allocation !== undefined) written.set(allocation.id, { ...stopped(allocation, stop), modifyTimeMs: nowMs });
  }
  const job = state.job(namespace, id);
  const takesNew = job !== undefined && !job.stop;
  for (const placed of Object.values(nodeAllocation).flat()) {
    const before = current(placed.id);
    if (before === undefined) {
      // Its job has been stopped meanwhile.
      if (!takesNew) continue;
      written.set(placed.id, place(placed));
      const previous = current(placed.previousAllocation);
      if (previous !== undefined)
        written.set(previous.id, { ...previous, nextAllocation: placed.id, modifyTimeMs: nowMs });
    } else if (!isServerTerminal(before)) {
      // When one has ended is told by the time of its last change, if its tasks do not tell.
      const modifyTimeMs = isClientTerminal(before) ? before.modifyTimeMs : nowMs;
      written.set(placed.id, { ...updated(before, placed), modifyTimeMs });
    }
  }
  return [...written.values()];
}

/** An allocation as it is to be written when it is placed. */
export const newlyPlaced = (placed: Allocation, nowMs: number): Allocation => ({
  ...placed,
  createTimeMs: nowMs,
  modifyTimeMs: nowMs,
});

function stopped(allocation: Allocation, stop: AllocationStop): Allocation {
  const { desiredDescription, clientStatus, followupEvalId } = stop;
  return {
    ...allocation,
    desiredStatus: isServerTerminal(allocation) ? allocation.desiredStatus : 'stop',
    desiredDescription,
    // How it ended is known better by the node it ended on.
    clientStatus: isClientTerminal(allocation) ? allocation.clientStatus : (clientStatus ?? allocation.clientStatus),
    followupEvalId: followupEvalId ?? allocation.followupEvalId,
  };
}

/** A new version of an allocation: its node has its say about what is the case, except that it has gone. */
function updated(before: Allocation, placed: Allocation): Allocation {
  const goesAway = placed.clientStatus === 'unknown' && !isClientTerminal(before);
  return {
    ...placed,
    clientStatus: goesAway ? 'unknown' : before.clientStatus,
    allocStates: goesAway ? placed.allocStates : before.allocStates,
    clientDescription: before.clientDescription,
    taskStates: before.taskStates,
    nextAllocation: before.nextAllocation,
    desiredTransition: before.desiredTransition,
    createIndex: before.createIndex,
    createTimeMs: before.createTimeMs,
  };
}
