import { afterEach, describe, expect, test } from '@jest/globals';
import { SystemClock } from '@steppe/runtime';
import { eventually, RecordingLogger } from '@steppe/testing';
import { ContentionProfile } from '../contention/contention-profile.js';
import { ProfilerImpl } from '../profiler/profiler-impl.js';
import { factsOf } from '../profiler/process-facts.js';
import { SourcePositions } from '../stack/source-positions.js';
import { decodeProfile, totalOf } from '../testing/decode-profile.js';
import { StallWatch } from './stall-watch.js';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function startWatch(stallThresholdMs: number) {
  const deps = { clock: new SystemClock(), positions: new SourcePositions(), logger: new RecordingLogger() };
  const watch = new StallWatch({ stallThresholdMs }, deps);
  await watch.start();
  cleanups.push(() => watch.stop());
  const profile = new ContentionProfile('block', { clock: deps.clock, contentions: watch });
  const profiler = new ProfilerImpl({}, { ...deps, process: factsOf(process), profiles: [profile] });
  return { watch, profiler, logger: deps.logger };
}

function stallOnPurpose(ms: number): void {
  const end = performance.now() + ms;
  for (let sum = 0; performance.now() < end; ) sum += Math.sqrt(sum + 1);
}

const stalled = ({ functions }: { readonly functions: readonly string[] }): boolean =>
  functions.includes('stallOnPurpose');

describe('StallWatch', () => {
  test('a stall is in the profile "block" with its length and the function that caused it', async () => {
    const { profiler } = await startWatch(40);
    // Again and again: the watching thread has to be up, and a busy machine may not let it look in time.
    await eventually(20_000, async () => {
      stallOnPurpose(400);
      const profile = decodeProfile((await profiler.lookup('block')).bytes);
      expect(profile.sampleTypes).toEqual(['contentions/count', 'delay/nanoseconds']);
      expect(totalOf(profile, 0, stalled)).toBeGreaterThan(0);
      const each = totalOf(profile, 1, stalled) / 1e6 / totalOf(profile, 0, stalled);
      expect(each).toBeGreaterThan(300);
      expect(profile.samples.find(stalled)?.stack.join('\n')).toMatch(/stallOnPurpose \/\S+stall-watch\.test\.ts:\d+/);
      expect(profile.samples.find(stalled)?.labels).toEqual({ thread: 'main' });
    });
    const text = Buffer.from((await profiler.lookup('block', { debug: 1 })).bytes).toString();
    expect(text).toMatch(/^--- contention:\ncycles\/second=1000000000\n\d+ \d+ @ 0x/);
    expect(text).toContain('stallOnPurpose+0x0');
  }, 30_000);

  test('a loop that turns has no stalls, and a stopped watch ends its thread', async () => {
    const { watch, profiler, logger } = await startWatch(10_000);
    await watch.stop();
    expect(decodeProfile((await profiler.lookup('block')).bytes)).toMatchObject({
      samples: [],
      comments: ['stalls of the event loop of 10000 ms and more since the start, by what ran meanwhile'],
    });
    expect(logger.messages('warn')).toEqual([]);
  });

  test('is off without a threshold, and the profile says how to switch it on', async () => {
    const { profiler } = await startWatch(0);
    const { samples, comments } = decodeProfile((await profiler.lookup('block')).bytes);
    expect(samples).toEqual([]);
    expect(comments).toEqual([
      'stalls of the event loop are not watched: set profiling.stall_threshold, such as "100ms", to do so',
    ]);
  });
});
