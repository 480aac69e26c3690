import type { Allocation, Job } from '@steppe/domain';
import { isTerminalAllocation } from '@steppe/domain';
import type { RecordingPlanner } from './recording-planner.js';

/** What would become of the allocations of a group. The names are the API's. */
export interface DesiredUpdates {
  Ignore: number;
  Place: number;
  Migrate: number;
  Stop: number;
  InPlaceUpdate: number;
  DestructiveUpdate: number;
  Canary: number;
  Preemptions: number;
  Disconnect: number;
  Reconnect: number;
  RescheduleNow: number;
  RescheduleLater: number;
}

/** By what a scheduler says of the one that goes, what it is to be replaced for; Nomad's words. */
const REPLACED_FOR: Readonly<Record<string, keyof DesiredUpdates>> = {
  'alloc is being updated due to job update': 'DestructiveUpdate',
  'alloc is being migrated': 'Migrate',
  'alloc was rescheduled because it failed': 'RescheduleNow',
};

/**
 * Counts by group what a scheduler wanted, whether or not it found a node for it.
 * @param allocations - of the job, as they are
 */
export function desiredUpdates(
  job: Job,
  allocations: readonly Allocation[],
  { drafts, evaluation }: Pick<RecordingPlanner, 'drafts' | 'evaluation'>,
): Readonly<Record<string, Readonly<DesiredUpdates>>> {
  const groups = new Map(job.taskGroups.map(({ name }) => [name, nothing()]));
  const of = (name: string): DesiredUpdates => {
    const known = groups.get(name) ?? nothing();
    groups.set(name, known);
    return known;
  };
  const existing = new Map(allocations.map((each) => [each.id, each]));
  const stops = new Map(
    drafts.flatMap(({ nodeUpdate }) => Object.values(nodeUpdate).flat()).map((stop) => [stop.allocationId, stop]),
  );
  const touched = new Set<string>();
  for (const placed of drafts.flatMap(({ nodeAllocation }) => Object.values(nodeAllocation).flat())) {
    const { id, taskGroup, previousAllocation, jobModifyIndex } = placed;
    const before = existing.get(id);
    if (before !== undefined) {
      if (before.jobModifyIndex !== jobModifyIndex) of(taskGroup).InPlaceUpdate += 1;
      else if (placed.clientStatus === 'unknown' && before.clientStatus !== 'unknown') of(taskGroup).Disconnect += 1;
      else if (placed.followupEvalId !== before.followupEvalId) of(taskGroup).RescheduleLater += 1;
      else continue;
      touched.add(id);
      continue;
    }
    const reason = REPLACED_FOR[stops.get(previousAllocation)?.desiredDescription ?? ''];
    of(taskGroup)[reason ?? 'Place'] += 1;
    if (reason !== undefined) touched.add(previousAllocation);
  }
  for (const id of stops.keys()) {
    const allocation = existing.get(id);
    if (allocation === undefined || touched.has(id)) continue;
    of(allocation.taskGroup).Stop += 1;
    touched.add(id);
  }
  const left = allocations.filter((each) => !isTerminalAllocation(each) && !touched.has(each.id));
  for (const [name, count] of Object.entries(evaluation.queuedAllocations)) {
    // What could not be replaced is still there, in its old version.
    const outdated = left.filter((each) => each.taskGroup === name && each.jobModifyIndex !== job.jobModifyIndex);
    const replaced = Math.min(count, outdated.length);
    of(name).DestructiveUpdate += replaced;
    of(name).Place += count - replaced;
    of(name).Ignore -= replaced;
  }
  for (const { taskGroup } of left) of(taskGroup).Ignore += 1;
  return Object.fromEntries(groups);
}

const nothing = (): DesiredUpdates => ({
  Ignore: 0,
  Place: 0,
  Migrate: 0,
  Stop: 0,
  InPlaceUpdate: 0,
  DestructiveUpdate: 0,
  Canary: 0,
  Preemptions: 0,
  Disconnect: 0,
  Reconnect: 0,
  RescheduleNow: 0,
  RescheduleLater: 0,
});
