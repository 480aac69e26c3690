import type { Clock } from '@steppe/runtime';
import type { ProfileContribution, ProfileRequest } from '../profiler/profile-contribution.js';
import { encodePprof } from '../stack/pprof-encoder.js';

const TEXT_FORMS = {
  block: '--- contention:\ncycles/second=1000000000\n',
  mutex: '--- mutex:\ncycles/second=1000000000\nsampling period=0\n',
} as const;

/**
 * `block` and `mutex`: valid and empty. A JavaScript thread has no locks to wait for, and the reference never samples them
 * either.
 */
export class ContentionProfile implements ProfileContribution {
  readonly name: 'block' | 'mutex';
  readonly #clock: Clock;

  constructor(name: 'block' | 'mutex', { clock }: { readonly clock: Clock }) {
    this.name = name;
    this.#clock = clock;
  }

  async collect({ debug }: ProfileRequest): Promise<Uint8Array> {
    if (debug > 0) return Buffer.from(TEXT_FORMS[this.name]);
    return encodePprof({
      sampleTypes: [
        { type: 'contentions', unit: 'count' },
        { type: 'delay', unit: 'nanoseconds' },
      ],
      periodType: { type: 'contentions', unit: 'count' },
      period: 1,
      timeMs: this.#clock.now(),
      durationMs: 0,
      comments: ['JavaScript threads have no locks: always empty'],
      samples: [],
    });
  }
}
