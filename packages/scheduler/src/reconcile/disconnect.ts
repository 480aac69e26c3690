import type { Allocation, Node, TaskGroup } from '@steppe/domain';
import { isClientTerminal, isServerTerminal } from '@steppe/domain';
import { DESCRIPTIONS } from './descriptions.js';

/** What becomes of a live allocation on account of its node. */
export type NodeVerdict =
  | 'stays'
  | 'migrates'
  | 'lost'
  /** Its node may come back: from now on it is unknown how it is. */
  | 'disconnects'
  /** It has been unknown for some time, and its node may still come back. */
  | 'unknown';

/** @param node - of the allocation; `undefined` when there is no such node any more */
export function nodeVerdict(
  allocation: Allocation,
  node: Node | undefined,
  group: TaskGroup | undefined,
  nowMs: number,
): NodeVerdict {
  if (allocation.desiredTransition?.migrate === true) return 'migrates';
  if (node === undefined) return 'lost';
  const isUnknown = allocation.clientStatus === 'unknown';
  if (node.status !== 'down' && node.status !== 'disconnected') return isUnknown ? 'unknown' : 'stays';
  const disconnect = group?.disconnect;
  // Who wants no replacement waits for the node as long as it takes.
  if (disconnect?.replace === false) return isUnknown ? 'unknown' : 'disconnects';
  const lostAfterMs = disconnect?.lostAfterMs ?? 0;
  if (node.status === 'down' || lostAfterMs === 0) return 'lost';
  if (!isUnknown) return 'disconnects';
  return nowMs - unknownSinceMs(allocation) >= lostAfterMs ? 'lost' : 'unknown';
}

/** An allocation as it is from the moment its node does not answer. */
export function unknownFrom(allocation: Allocation, nowMs: number): Allocation {
  return {
    ...allocation,
    clientStatus: 'unknown',
    desiredDescription: DESCRIPTIONS.unknown,
    allocStates: [...allocation.allocStates, { field: CLIENT_STATUS, value: 'unknown', timeMs: nowMs }],
  };
}

/** Told to stop earlier, and by now there is no node that would. */
export function isLostWhileStopping(allocation: Allocation, node: Node | undefined): boolean {
  const isGone = node === undefined || node.status === 'down';
  return isGone && isServerTerminal(allocation) && !isClientTerminal(allocation);
}

/**
 * Which of several live allocations of one name stays, once a disconnected node is back.
 * @param candidates - at least one
 */
export function survivorOf(candidates: readonly Allocation[], strategy: string, nowMs: number): Allocation {
  const [first, ...rest] = candidates.toSorted((a, b) => a.createIndex - b.createIndex || (a.id < b.id ? -1 : 1));
  if (first === undefined) throw new RangeError('no candidates');
  const better = strategy === 'keep_replacement' ? (): boolean => true : comparison(strategy, nowMs);
  return rest.reduce((best, each) => (better(each, best) ? each : best), first);
}

function comparison(strategy: string, nowMs: number): (candidate: Allocation, best: Allocation) => boolean {
  if (strategy === 'keep_original') return () => false;
  const value = strategy === 'longest_running' ? (each: Allocation) => nowMs - startedMs(each, nowMs) : bestScore;
  return (candidate, best) => value(candidate) > value(best);
}

const bestScore = ({ metrics, nodeId }: Allocation): number =>
  metrics?.scoreMetaData.find((score) => score.nodeId === nodeId)?.normScore ?? 0;

function startedMs({ taskStates }: Allocation, nowMs: number): number {
  const starts = Object.values(taskStates).map(({ startedAtMs }) => startedAtMs || nowMs);
  return Math.min(nowMs, ...starts);
}

const CLIENT_STATUS = 'ClientStatus';

/**
 * Whether an allocation on a node that does not answer may still come back with it: its group lets it for some time, and that
 * is not over. @param group - of the allocation's version of its job
 */
export function hasOpenWindow(allocation: Allocation, group: TaskGroup | undefined, nowMs: number): boolean {
  const lostAfterMs = group?.disconnect?.lostAfterMs ?? 0;
  if (lostAfterMs === 0 || isServerTerminal(allocation) || isClientTerminal(allocation)) return false;
  return allocation.clientStatus !== 'unknown' || nowMs - unknownSinceMs(allocation) < lostAfterMs;
}

function unknownSinceMs({ allocStates, modifyTimeMs }: Allocation): number {
  const noted = allocStates.findLast(({ field, value }) => field === CLIENT_STATUS && value === 'unknown');
  return noted?.timeMs ?? modifyTimeMs;
}
