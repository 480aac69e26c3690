import type { Allocation, Job, TaskGroup } from '@steppe/domain';
import { allocationIndex, isClientTerminal, isServerTerminal } from '@steppe/domain';
import { DESCRIPTIONS } from './descriptions.js';
import { grouped } from './grouped.js';
import { nodeVerdict, survivorOf, unknownFrom } from './disconnect.js';
import { NameIndex } from './name-index.js';
import { needsReplacement } from './needs-replacement.js';
import type { MutableReconciliation, ReconcileInput, Stop } from './reconciliation.js';
import { endOf } from './reconciliation.js';
import { rescheduleDecision } from './reschedule.js';

export interface GroupInput extends ReconcileInput {
  readonly job: Job;
  readonly group: TaskGroup;
  /** Of the group, ended ones included. */
  readonly allocations: readonly Allocation[];
}

/** One that goes, or has gone, and leaves its place to another. */
interface Leaving {
  readonly allocation: Allocation;
  readonly isReschedule: boolean;
}

interface Sorted {
  /** Those that have a place: they are there, have ended well for good, or have failed and are not replaced now. */
  readonly kept: Allocation[];
  readonly leaving: Leaving[];
  /** Their nodes may come back; until then others have their places. With what is to be noted of those that just went. */
  readonly away: { readonly allocation: Allocation; readonly note: Allocation | undefined }[];
  /** Kept for now, to be replaced at a time, Unix milliseconds. */
  readonly delayed: { readonly allocation: Allocation; readonly dueMs: number }[];
}

/** Adds to `result` what one group of a job that is not stopped needs. */
export function reconcileGroup(input: GroupInput, result: MutableReconciliation): void {
  const { job, group } = input;
  const count = group.count ?? 1;
  const { kept: all, leaving, away, delayed } = sort(input, result);
  const kept = withoutSurplus(withoutDoubles(all, input, result), count, input, result);
  const names = new NameIndex(
    job.id,
    group.name,
    kept.map(({ name }) => name),
  );
  const updating = update(kept, input, result);
  const staysFailed = new Set(kept.filter((each) => !updating.includes(each)));
  noteDelays(
    delayed.filter(({ allocation }) => staysFailed.has(allocation)),
    input,
    result,
  );
  for (const allocation of updating) {
    const previousStop: Stop = { desiredDescription: DESCRIPTIONS.updating };
    result.wanted.push({ group, name: allocation.name, previous: allocation, previousStop, isReschedule: false });
  }
  let missing = count - kept.length;
  for (const { allocation, isReschedule } of leaving.toSorted((a, b) => byIndex(a.allocation, b.allocation))) {
    if (missing <= 0) break;
    missing -= 1;
    const name = names.take(allocation.name) ? allocation.name : names.takeLowest();
    const ending = isReschedule ? { previousStop: { desiredDescription: DESCRIPTIONS.rescheduled } } : {};
    result.wanted.push({ group, name, previous: allocation, ...ending, isReschedule });
  }
  for (; missing > 0; missing -= 1) result.wanted.push({ group, name: names.takeLowest(), isReschedule: false });
  for (const { allocation, note } of away) {
    // Nobody has its place any more: the job has become smaller.
    if (!names.has(allocation.name)) result.stops.push({ allocation, stop: endOf(allocation, input.node) });
    else if (note !== undefined) result.notes.push(note);
  }
}

const byIndex = (a: Allocation, b: Allocation): number => allocationIndex(a) - allocationIndex(b);

function sort(input: GroupInput, result: MutableReconciliation): Sorted {
  const sorted: Sorted = { kept: [], leaving: [], away: [], delayed: [] };
  for (const allocation of input.allocations) {
    if (isServerTerminal(allocation)) continue;
    if (isClientTerminal(allocation)) sortEnded(allocation, input, sorted);
    else sortLive(allocation, input, sorted, result);
  }
  return sorted;
}

function sortEnded(allocation: Allocation, input: GroupInput, sorted: Sorted): void {
  const { job, group } = input;
  const isBatch = job.type === 'batch';
  // A new version of a batch job is run anew.
  if (isBatch && allocation.jobModifyIndex < job.jobModifyIndex) return;
  if (allocation.clientStatus === 'complete') {
    if (isBatch) sorted.kept.push(allocation);
    return;
  }
  if (allocation.clientStatus === 'lost' || allocation.nextAllocation !== '') return;
  const decision = rescheduleDecision(allocation, group.reschedulePolicy, input);
  if (decision.kind === 'now') {
    sorted.leaving.push({ allocation, isReschedule: true });
    return;
  }
  sorted.kept.push(allocation);
  if (decision.kind === 'later') sorted.delayed.push({ allocation, dueMs: decision.dueMs });
}

function sortLive(allocation: Allocation, input: GroupInput, sorted: Sorted, result: MutableReconciliation): void {
  const { group, node, nowMs } = input;
  const verdict = nodeVerdict(allocation, node(allocation.nodeId), group, nowMs);
  const isReplaced = group.disconnect?.replace !== false;
  switch (verdict) {
    case 'stays':
      sorted.kept.push(allocation);
      return;
    case 'migrates':
    case 'lost': {
      const stop = endOf(allocation, node, DESCRIPTIONS.migrating);
      result.stops.push({
        allocation,
        stop: verdict === 'lost' ? { desiredDescription: DESCRIPTIONS.lost, clientStatus: 'lost' } : stop,
      });
      if (allocation.nextAllocation === '') sorted.leaving.push({ allocation, isReschedule: false });
      return;
    }
    case 'disconnects':
    case 'unknown': {
      const note = verdict === 'disconnects' ? disconnected(allocation, input, isReplaced) : undefined;
      if (!isReplaced) {
        sorted.kept.push(allocation);
        if (note !== undefined) result.notes.push(note);
        return;
      }
      sorted.away.push({ allocation, note });
      if (allocation.nextAllocation === '') sorted.leaving.push({ allocation, isReschedule: false });
    }
  }
}

function disconnected(allocation: Allocation, input: GroupInput, isReplaced: boolean): Allocation {
  const { group, nowMs, followUps } = input;
  const lostAfterMs = group.disconnect?.lostAfterMs ?? 0;
  const unknown = unknownFrom(allocation, nowMs);
  if (!isReplaced || lostAfterMs === 0) return unknown;
  return { ...unknown, followupEvalId: followUps.disconnect(nowMs + lostAfterMs) };
}

/** Of several with one name, which a node that came back brings about, one stays. */
function withoutDoubles(
  kept: readonly Allocation[],
  { group, nowMs }: GroupInput,
  result: MutableReconciliation,
): readonly Allocation[] {
  return [...grouped(kept, ({ name }) => name).values()].map((same) => {
    const live = same.filter((each) => !isClientTerminal(each));
    const newest = Math.max(...live.map(({ jobModifyIndex }) => jobModifyIndex));
    const candidates = live.length === 0 ? same : live.filter(({ jobModifyIndex }) => jobModifyIndex === newest);
    const survivor = survivorOf(candidates, group.disconnect?.reconcile ?? '', nowMs);
    for (const allocation of live) {
      if (allocation === survivor) continue;
      result.stops.push({ allocation, stop: { desiredDescription: DESCRIPTIONS.reconnected } });
    }
    return survivor;
  });
}

/** The highest indexes go first. */
function withoutSurplus(
  kept: readonly Allocation[],
  count: number,
  { node }: GroupInput,
  result: MutableReconciliation,
): readonly Allocation[] {
  const sorted = kept.toSorted(byIndex);
  for (const allocation of sorted.slice(count)) {
    if (!isClientTerminal(allocation)) result.stops.push({ allocation, stop: endOf(allocation, node) });
  }
  return sorted.slice(0, count);
}

/** Has older versions become the current one where they are. @returns those that must be replaced for that, as many as may */
function update(kept: readonly Allocation[], input: GroupInput, result: MutableReconciliation): readonly Allocation[] {
  const { job, group, jobOf, canStay, followUps, nowMs } = input;
  const replaced: Allocation[] = [];
  const waiting: Allocation[] = [];
  for (const allocation of kept) {
    if (allocation.jobModifyIndex === job.jobModifyIndex || allocation.clientStatus === 'unknown') continue;
    const from = jobOf(allocation);
    const isDifferent = from === undefined || needsReplacement(from, job, group.name);
    // What has failed leaves no gap.
    if (isClientTerminal(allocation)) {
      if (isDifferent) replaced.push(allocation);
    } else if (!isDifferent && canStay(allocation, group)) result.inPlace.push({ allocation, group });
    else waiting.push(allocation);
  }
  const { maxParallel, staggerMs } = group.update ?? { maxParallel: 0, staggerMs: 0 };
  const starting = kept.filter((each) => each.jobModifyIndex === job.jobModifyIndex && each.clientStatus === 'pending');
  const limit = maxParallel === 0 ? waiting.length : Math.max(0, maxParallel - starting.length);
  // Differs from Nomad: without deployments to go on with the next ones, a follow-up does.
  if (waiting.length > limit) followUps.rollOn(nowMs + (staggerMs || DEFAULT_STAGGER_MS));
  return [...replaced, ...waiting.slice(0, limit)];
}

const DEFAULT_STAGGER_MS = 30_000;

/** Notes with those that failed which evaluation is going to replace them. */
function noteDelays(delayed: Sorted['delayed'], { followUps }: GroupInput, result: MutableReconciliation): void {
  for (const { allocation, dueMs } of delayed.toSorted((a, b) => a.dueMs - b.dueMs)) {
    if (allocation.followupEvalId !== '') continue;
    result.notes.push({ ...allocation, followupEvalId: followUps.reschedule(dueMs) });
  }
}
