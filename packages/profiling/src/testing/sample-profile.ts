import type { Frame, StackProfile } from '../stack/stack-profile.js';

export const frame = (functionName: string, file = 'src/a.ts', line = 1): Frame => ({ functionName, file, line });

/** Two threads: `main` runs `serve` in `hot` (30) and on its own (10), a worker runs `hot` alone (20). */
export const SAMPLE_PROFILE: StackProfile = {
  sampleTypes: [
    { type: 'samples', unit: 'count' },
    { type: 'cpu', unit: 'nanoseconds' },
  ],
  periodType: { type: 'cpu', unit: 'nanoseconds' },
  period: 10,
  timeMs: 1_700_000_000_000,
  durationMs: 600,
  comments: ['a comment'],
  samples: [
    {
      stack: [frame('hot', 'src/a.ts', 7), frame('serve', 'src/b.ts', 2)],
      values: [3, 30],
      labels: { thread: 'main' },
    },
    { stack: [frame('serve', 'src/b.ts', 4)], values: [1, 10], labels: { thread: 'main' } },
    { stack: [frame('hot', 'src/a.ts', 7)], values: [2, 20], labels: { thread: 'worker 1' } },
  ],
};
