import type { Clock } from '@steppe/runtime';
import type { ProcessFacts } from '../profiler/process-facts.js';
import type { ProfileContribution, ProfileRequest } from '../profiler/profile-contribution.js';
import type { SourcePositions } from '../stack/source-positions.js';
import type { StackProfile, StackSample } from '../stack/stack-profile.js';
import { textRecords } from '../stack/text-records.js';
import { HEAP_INTERVAL_BYTES } from './heap-sampler.js';
import type { HeapSampler, HeapSnapshot } from './heap-sampler.js';
import { heapSamples } from './heap-samples.js';

export interface HeapProfileDeps {
  readonly sampler: HeapSampler;
  readonly positions: SourcePositions;
  readonly process: ProcessFacts;
  readonly clock: Clock;
}

/**
 * What is alive on the main thread's heap (`heap`, `allocs`). Without a native sampler there are no totals of what was ever
 * allocated: the `alloc_…` values repeat the `inuse_…` ones, and objects are counted in samples.
 */
export class HeapProfile implements ProfileContribution {
  readonly name: 'heap' | 'allocs';
  readonly #deps: HeapProfileDeps;

  /** @param name - `allocs` shows allocations first and, as in Go, never collects garbage */
  constructor(name: 'heap' | 'allocs', deps: HeapProfileDeps) {
    this.name = name;
    this.#deps = deps;
  }

  async collect({ debug, gc }: ProfileRequest): Promise<StackProfile | string> {
    const { sampler, positions } = this.#deps;
    const snapshot = await sampler.read({ collectGarbage: this.name === 'heap' && gc > 0 });
    const samples = heapSamples(snapshot.profile, positions);
    const comments = this.#comments(snapshot);
    return debug === 0 ? this.#profile(samples, comments) : textForm(samples, comments);
  }

  #profile(samples: readonly StackSample[], comments: readonly string[]): StackProfile {
    return {
      sampleTypes: [
        { type: 'alloc_objects', unit: 'count' },
        { type: 'alloc_space', unit: 'bytes' },
        { type: 'inuse_objects', unit: 'count' },
        { type: 'inuse_space', unit: 'bytes' },
      ],
      periodType: { type: 'space', unit: 'bytes' },
      period: HEAP_INTERVAL_BYTES,
      ...(this.name === 'allocs' ? { defaultSampleType: 'alloc_space' } : {}),
      timeMs: this.#deps.clock.now(),
      durationMs: 0,
      comments,
      samples,
    };
  }

  #comments({ sinceMs, restarted }: HeapSnapshot): string[] {
    const since = new Date(sinceMs).toISOString();
    return [
      restarted
        ? `heap sampler restarted at ${since}, after it was stopped from outside: what lived before is missing`
        : `heap sampled since ${since}: what lived before is missing`,
      'alloc values equal inuse values; objects count samples; memory outside the V8 heap of the main thread does not appear',
      ...Object.entries(this.#deps.process.memoryUsage()).map(([name, bytes]) => `memory ${name}: ${bytes} bytes`),
    ];
  }
}

/** Nomad: the rate is printed doubled. */
function textForm(samples: readonly StackSample[], comments: readonly string[]): string {
  const total = [0, 1, 2, 3].map((type) => samples.reduce((sum, { values }) => sum + (values[type] ?? 0), 0));
  const head = `heap profile: ${heapValues(total)} @ heap/${2 * HEAP_INTERVAL_BYTES}\n`;
  const remarks = comments.map((comment) => `# ${comment}\n`).join('');
  return head + textRecords(samples, ({ values }) => heapValues(values)) + remarks;
}

/** In use first, allocated in brackets. */
const heapValues = ([allocObjects = 0, allocBytes = 0, objects = 0, bytes = 0]: readonly number[]): string =>
  `${objects}: ${bytes} [${allocObjects}: ${allocBytes}]`;
