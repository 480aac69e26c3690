import type { SourcePositions } from '../stack/source-positions.js';
import type { StackProfile } from '../stack/stack-profile.js';
import type { ThreadCpuProfile } from './cpu-capture.js';
import { cpuSamples } from './cpu-samples.js';

/** Between two samples: a hundred a second, Go's rate, which costs next to nothing. */
export const CPU_INTERVAL_MS = 10;

const COMMENT =
  'cpu is sampled time of JavaScript threads: a blocking system call counts, work outside JavaScript threads ' +
  '(file system, DNS, cryptography, garbage collection helpers) does not appear. Callers show the first line of their function.';

export interface CpuProfileFacts {
  /** When it was taken, Unix milliseconds. */
  readonly timeMs: number;
  readonly durationMs: number;
  /** Between two samples of a thread. */
  readonly intervalMs: number;
}

/** The CPU profile of all threads, in the shape of Go's: samples and nanoseconds, label `thread`. */
export function cpuProfile(
  threads: readonly ThreadCpuProfile[],
  positions: SourcePositions,
  { timeMs, durationMs, intervalMs }: CpuProfileFacts,
): StackProfile {
  const period = intervalMs * 1_000_000;
  return {
    sampleTypes: [
      { type: 'samples', unit: 'count' },
      { type: 'cpu', unit: 'nanoseconds' },
    ],
    periodType: { type: 'cpu', unit: 'nanoseconds' },
    period,
    timeMs,
    durationMs,
    comments: [COMMENT],
    samples: threads.flatMap((thread) => cpuSamples(thread, positions, (hits) => [hits, hits * period])),
  };
}
