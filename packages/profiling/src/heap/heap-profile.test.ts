import { afterEach, describe, expect, test } from '@jest/globals';
import { Session } from 'node:inspector/promises';
import { decodeProfile, totalOf } from '../testing/decode-profile.js';
import { newTestProfiler } from '../testing/test-profiler.js';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const started = async () => {
  const all = newTestProfiler();
  await all.sampler.start();
  cleanups.push(all.close);
  return all;
};

function growTheMap(map: Map<number, object>): void {
  for (let i = 0; i < 100_000; i += 1) map.set(i, { i, list: [i] });
}

const BYTES = 3;

describe('heap profile', () => {
  test('row 67: what is alive, by the function that allocated it', async () => {
    const { profiler } = await started();
    const map = new Map<number, object>();
    growTheMap(map);
    const result = await profiler.lookup('heap');
    expect(result).toMatchObject({ contentKind: 'binary', filename: 'heap' });
    const profile = decodeProfile(result.bytes);
    expect(profile.sampleTypes).toEqual([
      'alloc_objects/count',
      'alloc_space/bytes',
      'inuse_objects/count',
      'inuse_space/bytes',
    ]);
    expect([profile.periodType, profile.period, profile.defaultSampleType]).toEqual(['space/bytes', 524_288, '']);
    const grown = totalOf(profile, BYTES, ({ functions }) => functions.includes('growTheMap'));
    expect(grown).toBeGreaterThan(totalOf(profile, BYTES) / 2);
    expect(profile.comments.join('\n')).toMatch(/heap sampled since 20.*\n.*\nmemory rss: \d+ bytes/);
    expect(map.size).toBe(100_000);
  });

  test('row 68: allocs has the same values and shows allocations first', async () => {
    const { profiler } = await started();
    const profile = decodeProfile((await profiler.lookup('allocs')).bytes);
    expect(profile.defaultSampleType).toBe('alloc_space');
    expect(profile.sampleTypes).toHaveLength(4);
  });

  test('row 69: gc=1 collects garbage', async () => {
    const { profiler } = await started();
    const freed = ((): WeakRef<object> => new WeakRef({ garbage: true }))();
    // A WeakRef keeps its target until the present job ends.
    await new Promise(setImmediate);
    await profiler.lookup('heap', { gc: 1 });
    expect(freed.deref()).toBeUndefined();
  });

  test('row 70: a sampler stopped from outside is started again, and the profile says so', async () => {
    const { profiler, logger } = await started();
    const other = new Session();
    other.connect();
    await other.post('HeapProfiler.startSampling');
    await other.post('HeapProfiler.stopSampling');
    const profile = decodeProfile((await profiler.lookup('heap')).bytes);
    expect(profile.comments[0]).toMatch(/^heap sampler restarted at 20/);
    expect(logger.messages('warn')).toEqual(['the heap sampler was stopped from outside and starts anew']);
    await profiler.lookup('heap');
    expect(logger.messages('warn')).toHaveLength(1);
    other.disconnect();
  });

  test('requests never stop the sampler: its history grows', async () => {
    const { profiler } = await started();
    const map = new Map<number, object>();
    growTheMap(map);
    for (const name of ['heap', 'allocs', 'heap']) await profiler.lookup(name);
    await profiler.profile({ seconds: 0.05 });
    const profile = decodeProfile((await profiler.lookup('heap')).bytes);
    expect(totalOf(profile, BYTES, ({ functions }) => functions.includes('growTheMap'))).toBeGreaterThan(1_000_000);
    expect(map.size).toBe(100_000);
  });

  test.each(['heap', 'allocs'])('row 72: the text form of %s', async (name) => {
    const { profiler } = await started();
    const map = new Map<number, object>();
    growTheMap(map);
    for (const debug of [1, 2, -1]) {
      const result = await profiler.lookup(name, { debug });
      expect(result).toMatchObject({ contentKind: 'text' });
      expect(result).not.toHaveProperty('filename');
      const text = Buffer.from(result.bytes).toString();
      expect(text).toMatch(/^heap profile: \d+: \d+ \[\d+: \d+\] @ heap\/1048576\n/);
      expect(text).toMatch(/\n\d+: \d+ \[\d+: \d+\] @ 0x[0-9a-f]+[^\n]*\n#\t0x[0-9a-f]+\tgrowTheMap\+0x0\t\/\S+:\d+\n/);
      expect(text).toMatch(/\n\n# heap sampled since /);
    }
    expect(map.size).toBe(100_000);
  });

  test('a sampler that was never started starts with the first reading', async () => {
    const { profiler, close } = newTestProfiler();
    cleanups.push(close);
    expect(decodeProfile((await profiler.lookup('heap')).bytes).comments[0]).toContain('heap sampled since');
  });
});
