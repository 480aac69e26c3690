import type { Allocation, Evaluation, ReschedulePolicy, RescheduleEvent, RescheduleTracker } from '@steppe/domain';

/** Whether a failed allocation is replaced, and when. */
export type RescheduleDecision =
  | { readonly kind: 'now' }
  /** Unix milliseconds. */
  | { readonly kind: 'later'; readonly dueMs: number }
  | { readonly kind: 'never' };

export interface RescheduleContext {
  /** The evaluation in hand. */
  readonly evalId: string;
  readonly nowMs: number;
  readonly evaluation: (id: string) => Evaluation | undefined;
}

/** What is due this soon is done at once. */
const NOW_WINDOW_MS = 1_000;
const KEPT_EVENTS = 5;

/** When an allocation ended, Unix milliseconds: the end of its last task, or else its last change. */
function endedAtMs({ taskStates, modifyTimeMs }: Allocation): number {
  const ends = Object.values(taskStates).map(({ finishedAtMs }) => finishedAtMs);
  return Math.max(0, ...ends) || modifyTimeMs;
}

/**
 * Decides about a failed allocation.
 *
 * Differs from Nomad: when the time of the evaluation that was to take care of it has come, whichever comes first does. That
 * one may have been overtaken, and nobody would.
 * @see spec "Rescheduling failed allocs" of scheduling
 */
export function rescheduleDecision(
  allocation: Allocation,
  policy: ReschedulePolicy | undefined,
  { evalId, nowMs, evaluation }: RescheduleContext,
): RescheduleDecision {
  const hasCome = (followUpId: string): boolean =>
    followUpId === evalId || (followUpId !== '' && (evaluation(followUpId)?.waitUntilMs ?? 0) <= nowMs);
  if (allocation.nextAllocation !== '') return { kind: 'never' };
  if (allocation.desiredTransition?.forceReschedule === true) return { kind: 'now' };
  if (allocation.clientStatus !== 'failed' || policy === undefined || !isEligible(allocation, policy)) {
    return { kind: 'never' };
  }
  const dueMs = endedAtMs(allocation) + rescheduleDelayMs(allocation, policy);
  const isItsTime = dueMs - nowMs <= NOW_WINDOW_MS || hasCome(allocation.followupEvalId);
  return isItsTime ? { kind: 'now' } : { kind: 'later', dueMs };
}

/** Whether a failed allocation is replaced at all, now or later. */
export function isReplaceable(allocation: Allocation, policy: ReschedulePolicy | undefined): boolean {
  const context = { evalId: '', nowMs: endedAtMs(allocation), evaluation: () => undefined };
  return rescheduleDecision(allocation, policy, context).kind !== 'never';
}

function isEligible(allocation: Allocation, { unlimited, attempts, intervalMs }: ReschedulePolicy): boolean {
  if (unlimited) return true;
  const endedMs = endedAtMs(allocation);
  const recent = eventsOf(allocation).filter(({ rescheduleTimeMs }) => endedMs - rescheduleTimeMs < intervalMs);
  return recent.length < attempts;
}

/** How long after its end a failed allocation is to be replaced. */
function rescheduleDelayMs(allocation: Allocation, policy: ReschedulePolicy): number {
  const [last, beforeLast] = eventsOf(allocation).toReversed();
  if (last === undefined) return policy.delayMs;
  const delayMs = grownDelayMs(policy, last.delayMs, beforeLast?.delayMs);
  if (policy.maxDelayMs === 0 || delayMs <= policy.maxDelayMs) return delayMs;
  // It has run for long: whatever was wrong is over, and the series begins again.
  const ranMs = endedAtMs(allocation) - last.rescheduleTimeMs;
  return ranMs > policy.maxDelayMs ? policy.delayMs : policy.maxDelayMs;
}

function grownDelayMs(policy: ReschedulePolicy, lastMs: number, beforeLastMs: number | undefined): number {
  const { delayFunction, delayMs, maxDelayMs } = policy;
  if (delayFunction === 'exponential') return lastMs * 2;
  if (delayFunction !== 'fibonacci' || beforeLastMs === undefined) return delayMs;
  // The series began again just now: its second delay is as long as its first.
  return beforeLastMs === maxDelayMs && lastMs === delayMs ? lastMs : lastMs + beforeLastMs;
}

/** What a replacement remembers of those before it. */
export function trackerOfReplacement(
  previous: Allocation,
  policy: ReschedulePolicy | undefined,
  nowMs: number,
): RescheduleTracker {
  const event: RescheduleEvent = {
    rescheduleTimeMs: nowMs,
    previousAllocId: previous.id,
    previousNodeId: previous.nodeId,
    delayMs: policy === undefined ? 0 : rescheduleDelayMs(previous, policy),
  };
  const past = eventsOf(previous);
  const kept =
    policy !== undefined && policy.attempts > 0
      ? past.filter(({ rescheduleTimeMs }) => nowMs - rescheduleTimeMs <= policy.intervalMs)
      : past.slice(1 - KEPT_EVENTS);
  return { events: [...kept, event], lastReschedule: 'ok' };
}

const eventsOf = ({ rescheduleTracker }: Allocation): readonly RescheduleEvent[] => rescheduleTracker?.events ?? [];
