import type { Capacity } from '../resources/node-fit.js';

/** The best a node can get by how full it is. */
export const MAX_FIT_SCORE = 18;

/** What is free of processor and memory, as fractions of all there is. */
function freeFractions(used: Capacity, capacity: Capacity): readonly [cpu: number, memory: number] {
  return [1 - fraction(used.cpuShares, capacity.cpuShares), 1 - fraction(used.memoryMb, capacity.memoryMb)];
}

/** Of nothing, everything is used. */
const fraction = (used: number, all: number): number => (all === 0 ? 1 : used / all);

const clamp = (score: number): number => Math.min(MAX_FIT_SCORE, Math.max(0, score));

/** Fuller is better: 0 to {@link MAX_FIT_SCORE}. @see spec "Ranking" of scheduling */
export function binpackFit(used: Capacity, capacity: Capacity): number {
  const [cpu, memory] = freeFractions(used, capacity);
  return clamp(20 - (10 ** cpu + 10 ** memory));
}

/** Emptier is better; the counterpart of {@link binpackFit}. */
export function spreadFit(used: Capacity, capacity: Capacity): number {
  const [cpu, memory] = freeFractions(used, capacity);
  return clamp(10 ** cpu + 10 ** memory - 2);
}
