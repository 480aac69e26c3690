import type { Clock } from '@steppe/runtime';
import type { ProfileContribution, ProfileRequest } from '../profiler/profile-contribution.js';
import type { StackProfile, StackSample } from '../stack/stack-profile.js';
import { textRecords } from '../stack/text-records.js';

const TEXT_HEADS = {
  block: '--- contention:\ncycles/second=1000000000\n',
  mutex: '--- mutex:\ncycles/second=1000000000\nsampling period=0\n',
} as const;

const EMPTY = 'JavaScript threads have no locks: always empty';

/** Where threads waited: `[times, nanoseconds]` by stack. */
export interface Contentions {
  /** Said to whoever reads the profile. */
  readonly comment: string;
  samples(): readonly StackSample[];
}

export interface ContentionProfileDeps {
  readonly clock: Clock;
  /** Default: nothing, ever, as in the reference, which never samples them either. */
  readonly contentions?: Contentions;
}

/** `block` and `mutex`, valid also when there is nothing to tell. */
export class ContentionProfile implements ProfileContribution {
  readonly name: 'block' | 'mutex';
  readonly #deps: ContentionProfileDeps;

  constructor(name: 'block' | 'mutex', deps: ContentionProfileDeps) {
    this.name = name;
    this.#deps = deps;
  }

  async collect({ debug }: ProfileRequest): Promise<StackProfile | string> {
    const { clock, contentions } = this.#deps;
    const samples = contentions?.samples() ?? [];
    if (debug > 0) return TEXT_HEADS[this.name] + textRecords(samples, ({ values: [times, ns] }) => `${ns} ${times}`);
    return {
      sampleTypes: [
        { type: 'contentions', unit: 'count' },
        { type: 'delay', unit: 'nanoseconds' },
      ],
      periodType: { type: 'contentions', unit: 'count' },
      period: 1,
      timeMs: clock.now(),
      durationMs: 0,
      comments: [contentions?.comment ?? EMPTY],
      samples,
    };
  }
}
