import { afterEach, describe, expect, test } from '@jest/globals';
import { SimClock } from '@steppe/testing';
import { SourcePositions } from '../stack/source-positions.js';
import { decodeProfile, totalOf } from '../testing/decode-profile.js';
import { keepBusy, newTestProfiler } from '../testing/test-profiler.js';
import { TaskRegistryImpl } from './task-registry.js';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

describe('goroutine profile', () => {
  test('row 71: binary, with threads, tasks and resources', async () => {
    const { profiler, tasks } = newTestProfiler();
    cleanups.push(keepBusy());
    const task = tasks.register('gossip.probe', { state: 'waiting' });
    const result = await profiler.lookup('goroutine');
    expect(result).toMatchObject({ contentKind: 'binary', filename: 'goroutine' });
    const profile = decodeProfile(result.bytes);
    expect(profile.sampleTypes).toEqual(['goroutine/count']);
    expect([profile.periodType, profile.period]).toEqual(['goroutine/count', 1]);
    const kinds = new Set(profile.samples.map(({ labels }) => labels['kind']));
    expect(kinds).toEqual(new Set(['libuv', 'task', 'thread']));
    const main = profile.samples.find(({ labels }) => labels['thread'] === 'main');
    expect(main?.functions).toContain('burnInHotFunction');
    const probe = profile.samples.find(({ functions }) => functions[0] === 'gossip.probe');
    expect(probe?.labels).toMatchObject({ state: 'waiting', task: 'gossip.probe' });
    expect(probe?.stack[1]).toMatch(/goroutine-profile\.test\.ts:\d+$/);
    expect(profile.samples.flatMap(({ functions }) => functions)).toContain('libuv.Timeout');
    task.end();
  });

  test('row 71: the text forms', async () => {
    const { profiler, tasks } = newTestProfiler();
    tasks.register('broker.dequeue', { state: 'select' });
    const one = await profiler.lookup('goroutine', { debug: 1 });
    expect(one.contentKind).toBe('text');
    const text = Buffer.from(one.bytes).toString();
    expect(text).toMatch(/^goroutine profile: total [1-9]\d*\n1 @ 0x/);
    expect(text).toMatch(/\n#\t0x[0-9a-f]+\tbroker\.dequeue\+0x0\t:0\n/);
    const two = Buffer.from((await profiler.lookup('goroutine', { debug: 2 })).bytes).toString();
    expect(two).toMatch(/^goroutine 1 \[running\]:\n\S.*\(\)\n\t/);
    expect(two).toMatch(/\n\ngoroutine \d+ \[select\]:\nbroker\.dequeue\(\)\n/);
  });

  test('a negative debug is announced as text and is binary', async () => {
    const { profiler } = newTestProfiler();
    const result = await profiler.lookup('goroutine', { debug: -1 });
    expect(result.contentKind).toBe('text');
    expect(totalOf(decodeProfile(result.bytes), 0)).toBeGreaterThan(0);
  });

  test('a caller that is gone ends it', async () => {
    const { profiler } = newTestProfiler();
    const signal = AbortSignal.abort(new Error('gone'));
    await expect(profiler.lookup('goroutine', { signal })).rejects.toThrow('gone');
  });
});

describe('TaskRegistry', () => {
  const newRegistry = (maxTasks?: number) => {
    const clock = new SimClock();
    const positions = new SourcePositions({ findSourceMap: () => undefined });
    const registry = new TaskRegistryImpl(maxTasks === undefined ? {} : { maxTasks }, { clock, positions });
    return { clock, registry };
  };

  test('lists what runs, oldest first, with state, age and site', async () => {
    const { clock, registry } = newRegistry();
    const first = registry.register('a');
    await clock.advance(1_500);
    registry.register('b', { state: 'waiting' });
    first.setState('dialing');
    const [a, b] = registry.list();
    expect(a).toMatchObject({ name: 'a', state: 'dialing', ageMs: 1_500 });
    expect(b).toMatchObject({ name: 'b', state: 'waiting', ageMs: 0 });
    expect(a?.site[0]?.file).toMatch(/goroutine-profile\.test\.ts$/);
    expect(a?.site.length).toBeLessThanOrEqual(10);
    first.end();
    first.end();
    expect(registry.list().map(({ name }) => name)).toEqual(['b']);
  });

  test('beyond its limit it only counts', () => {
    const { registry } = newRegistry(1);
    registry.register('a');
    const second = registry.register('b');
    second.setState('x');
    expect([registry.list().length, registry.overflow]).toEqual([1, 1]);
    second.end();
    second.end();
    expect(registry.overflow).toBe(0);
  });
});
