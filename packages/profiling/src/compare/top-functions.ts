import { shownTypeOf } from '../format/shown-stack.js';
import type { StackProfile } from '../stack/stack-profile.js';

/** A function and its part of a profile, in units of the sample type. */
export interface TopFunction {
  readonly functionName: string;
  readonly file: string;
  /** Seen as the innermost frame. */
  readonly flat: number;
  /** Seen anywhere in the stack, counted once per stack. */
  readonly cumulative: number;
}

export interface TopFunctions {
  readonly type: string;
  readonly unit: string;
  readonly total: number;
  /** Largest `flat` first. */
  readonly functions: readonly TopFunction[];
}

/** The functions of a profile by the sample type that is shown first, as `go tool pprof -top` lists them. */
export function topFunctions(profile: StackProfile): TopFunctions {
  const type = shownTypeOf(profile);
  const functions = new Map<string, { functionName: string; file: string; flat: number; cumulative: number }>();
  let total = 0;
  for (const { stack, values } of profile.samples) {
    const value = values[type] ?? 0;
    total += value;
    const seen = new Set<string>();
    for (const [depth, { functionName, file }] of stack.entries()) {
      const key = `${functionName}\0${file}`;
      const entry = functions.get(key) ?? { functionName, file, flat: 0, cumulative: 0 };
      functions.set(key, entry);
      if (depth === 0) entry.flat += value;
      if (!seen.has(key)) entry.cumulative += value;
      seen.add(key);
    }
  }
  const byWeight = (a: TopFunction, b: TopFunction): number =>
    Math.abs(b.flat) - Math.abs(a.flat) || Math.abs(b.cumulative) - Math.abs(a.cumulative);
  return {
    ...(profile.sampleTypes[type] ?? { type: '', unit: '' }),
    total,
    functions: [...functions.values()].sort(byWeight),
  };
}
