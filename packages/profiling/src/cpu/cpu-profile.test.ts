import { afterEach, describe, expect, test } from '@jest/globals';
import type { Profiler } from 'node:inspector';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { SourcePositions } from '../stack/source-positions.js';
import { decodeProfile, totalOf } from '../testing/decode-profile.js';
import { keepBusy, newTestProfiler } from '../testing/test-profiler.js';
import { cpuSamples } from './cpu-samples.js';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const startWorker = async (name: string, body: string): Promise<Worker> => {
  const worker = new Worker(`require('node:worker_threads').parentPort.postMessage('up');\n${body}`, {
    eval: true,
    name,
  });
  cleanups.push(() => worker.terminate());
  await once(worker, 'message');
  return worker;
};

/** The work itself and not the clock decides, so that a busy machine slows both down alike. */
function takeSevenParts(): number {
  let sum = 0;
  for (let i = 0; i < 7_000_000; i += 1) sum += i % 7;
  return sum;
}

function takeThreeParts(): number {
  let sum = 0;
  for (let i = 0; i < 3_000_000; i += 1) sum += i % 7;
  return sum;
}

const BUSY = 'function spinInWorker() { let sum = 0; for (;;) sum += Math.sqrt(sum + 1); }\nspinInWorker();';

describe('CPU profile', () => {
  test('row 61: Go’s shape, about the time asked for, and the hot function on top', async () => {
    const { profiler } = newTestProfiler();
    cleanups.push(keepBusy());
    const before = Date.now();
    const result = await profiler.profile({ seconds: 0.5 });
    expect(result).toMatchObject({ contentKind: 'binary', filename: 'profile' });
    const profile = decodeProfile(result.bytes);
    expect(profile.sampleTypes).toEqual(['samples/count', 'cpu/nanoseconds']);
    expect([profile.periodType, profile.period]).toEqual(['cpu/nanoseconds', 10_000_000]);
    expect([profile.firstString, profile.mappings]).toEqual(['', ['steppe']]);
    expect(profile.timeNanos / 1e6).toBeGreaterThanOrEqual(before - 1);
    expect(profile.durationNanos / 1e9).toBeGreaterThanOrEqual(0.5);
    expect(profile.durationNanos / 1e9).toBeLessThan(5);
    expect(new Set(profile.addresses).size).toBe(profile.addresses.length);
    expect(profile.addresses).not.toContain(0);
    for (const { values } of profile.samples) expect(values[1]).toBe((values[0] ?? 0) * 10_000_000);

    const hot = totalOf(profile, 1, ({ functions }) => functions.includes('burnInHotFunction'));
    expect(hot).toBeGreaterThan(totalOf(profile, 1) / 2);
    expect(hot / 1e9).toBeGreaterThan(0.1);
    const names = profile.samples.flatMap(({ functions }) => functions);
    for (const absent of ['(idle)', '(program)', '(root)']) expect(names).not.toContain(absent);
    expect(profile.samples.flatMap(({ stack }) => stack).join('\n')).toMatch(
      /burnInHotFunction \/\S+test-profiler\.ts:\d+/,
    );
  });

  test('shares are true: of two functions, one with seven parts of ten and one with three', async () => {
    const { profiler } = newTestProfiler();
    const [seven, three] = [setInterval(takeSevenParts, 11), setInterval(takeThreeParts, 11)];
    cleanups.push(() => {
      clearInterval(seven);
      clearInterval(three);
    });
    const profile = decodeProfile((await profiler.profile({ seconds: 3 })).bytes);
    const [most, least] = ['takeSevenParts', 'takeThreeParts'].map((name) =>
      totalOf(profile, 1, ({ functions }) => functions.includes(name)),
    ) as [number, number];
    expect(most / (most + least)).toBeGreaterThan(0.6);
    expect(most / (most + least)).toBeLessThan(0.8);
    const place = profile.samples.find(({ functions }) => functions.at(0) === 'takeSevenParts')?.stack[0];
    expect(place).toMatch(/^takeSevenParts \/\S+cpu-profile\.test\.ts:\d+$/);
  });

  test('row 65: workers are in it by name, and the busy one is on top', async () => {
    const { profiler } = newTestProfiler();
    await startWorker('busy', BUSY);
    await startWorker('quiet', 'setInterval(() => undefined, 1000);');
    const profile = decodeProfile((await profiler.profile({ seconds: 0.4 })).bytes);
    const timeOf = (thread: RegExp): number => totalOf(profile, 1, ({ labels }) => thread.test(labels['thread'] ?? ''));
    // It may have to share its core.
    expect(timeOf(/^worker \d+ busy$/) / 1e9).toBeGreaterThan(0.03);
    expect(timeOf(/quiet/)).toBeLessThan(timeOf(/busy/) / 4);
    expect(timeOf(/^main$/)).toBeLessThan(timeOf(/busy/) / 2);
    const busy = profile.samples.filter(({ labels }) => labels['thread']?.endsWith('busy'));
    expect(busy.flatMap(({ stack }) => stack).join('\n')).toContain('[worker eval]');
  });

  test('a worker that starts meanwhile is in it, one that exits does no harm', async () => {
    const { profiler } = newTestProfiler();
    const leaving = await startWorker('leaving', 'setInterval(() => undefined, 1000);');
    const pending = profiler.profile({ seconds: 0.6 });
    await startWorker('late', BUSY);
    await leaving.terminate();
    const threads = decodeProfile((await pending).bytes).samples.map(({ labels }) => labels['thread'] ?? '');
    expect(threads.some((thread) => thread.endsWith('late'))).toBe(true);
    expect(threads.some((thread) => thread.endsWith('leaving'))).toBe(false);
  });

  test('a worker stuck outside JavaScript does not hold it up', async () => {
    const { profiler } = newTestProfiler();
    await startWorker('stuck', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);');
    await expect(profiler.profile({ seconds: 0.1 })).resolves.toMatchObject({ filename: 'profile' });
  });
});

describe('CPU samples', () => {
  const node = (
    id: number,
    functionName: string,
    url: string,
    more: Partial<Profiler.ProfileNode> = {},
  ): Profiler.ProfileNode => ({
    id,
    callFrame: { functionName, url, scriptId: '1', lineNumber: url === '' ? -1 : 9, columnNumber: 4 },
    ...more,
  });

  test('lines come from the ticks, native code keeps its name, waiting is left out', () => {
    const profile: Profiler.Profile = {
      startTime: 0,
      endTime: 1,
      nodes: [
        node(1, '(root)', '', { children: [2, 3, 4, 5] }),
        node(2, '(idle)', '', { hitCount: 70 }),
        node(3, '(program)', '', { hitCount: 60 }),
        node(4, '(garbage collector)', '', { hitCount: 5 }),
        node(5, 'outer', 'file:///app/src/a%20b.ts', { children: [6, 7], hitCount: 0 }),
        node(6, '', 'file:///app/src/a%20b.ts', {
          hitCount: 10,
          positionTicks: [
            { line: 12, ticks: 6 },
            { line: 14, ticks: 3 },
          ],
        }),
        node(7, 'map', '', { hitCount: 2, positionTicks: [{ line: 77, ticks: 2 }] }),
      ],
    };
    const positions = new SourcePositions({ installPrefix: '/app/', findSourceMap: () => undefined });
    const samples = cpuSamples({ thread: 'main', profile }, positions, (hits) => [hits]);
    const shown = samples.map(({ stack, values, labels }) => {
      expect(labels).toEqual({ thread: 'main' });
      return `${values[0]}: ${stack.map(({ functionName, file, line }) => `${functionName} ${file}:${line}`).join(' < ')}`;
    });
    expect(shown).toEqual([
      '5: (garbage collector) :0',
      '6: (anonymous) src/a b.ts:12 < outer src/a b.ts:10',
      '3: (anonymous) src/a b.ts:14 < outer src/a b.ts:10',
      '1: (anonymous) src/a b.ts:10 < outer src/a b.ts:10',
      '2: map :0 < outer src/a b.ts:10',
    ]);
  });
});
