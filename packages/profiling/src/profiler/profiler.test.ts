import { afterEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { ContentionProfile } from '../contention/contention-profile.js';
import { decodeProfile, totalOf } from '../testing/decode-profile.js';
import { newTestProfiler } from '../testing/test-profiler.js';
import { factsOf } from './process-facts.js';
import { captureMs, parseProfileInteger } from './profile-integer.js';
import { ProfilerImpl } from './profiler-impl.js';
import { SystemClock } from '@steppe/runtime';
import { SourcePositions } from '../stack/source-positions.js';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

describe('Profiler', () => {
  test('row 56: the command line, joined by NUL', () => {
    const facts = factsOf({
      argv0: 'node',
      execArgv: ['--inspect'],
      argv: ['/usr/bin/node', 'a.js', '-x'],
    } as NodeJS.Process);
    const profiler = new ProfilerImpl(
      {},
      { clock: new SystemClock(), process: facts, positions: new SourcePositions(), profiles: [] },
    );
    const { bytes, ...rest } = profiler.cmdline();
    expect(Buffer.from(bytes).toString()).toBe('node\0--inspect\0a.js\0-x');
    expect(rest).toEqual({ contentKind: 'text' });
  });

  test.each(['latency', 'a/b', '', 'cmdline', 'toString'])('row 60: %j is unknown', async (name) => {
    await expect(newTestProfiler().profiler.lookup(name)).rejects.toMatchObject({
      code: 'PROFILE_UNKNOWN',
      message: `Pprof profile not found profile: ${name}`,
    });
  });

  test('the names are those of the contributions, and two of one name are refused', () => {
    const { profiler, clock } = newTestProfiler();
    expect(profiler.names).toEqual(['allocs', 'block', 'goroutine', 'heap', 'mutex', 'threadcreate']);
    const mutex = new ContentionProfile('mutex', { clock });
    const deps = { clock, process: factsOf(process), positions: new SourcePositions(), profiles: [mutex, mutex] };
    expect(() => new ProfilerImpl({}, deps)).toThrow('share the key "mutex"');
  });

  test.each<[string | undefined, number]>([
    ['abc', 0],
    ['0', 0],
    ['-5', -5],
    ['1.5', 0],
    [' 3', 0],
    ['0x3', 0],
    ['1e3', 0],
    ['', 0],
    [undefined, 0],
    ['+3', 3],
    ['007', 7],
    ['99999999999999999999', 0],
  ])('row 62: the parameter %j is %d', (text, expected) => {
    expect(parseProfileInteger(text)).toBe(expected);
  });

  test.each<[number | undefined, number]>([
    [undefined, 1_000],
    [0, 1_000],
    [-5, 1_000],
    [Number.NaN, 1_000],
    [0.25, 250],
    [2, 2_000],
    [601, 600_000],
    [9e15, 600_000],
  ])('row 62: %d seconds are %d ms', (seconds, expected) => {
    expect(captureMs(seconds, 600)).toBe(expected);
  });

  test('a capture is no longer than the maximum', async () => {
    const { profiler } = newTestProfiler({ maxSeconds: 0.05 });
    const profile = decodeProfile((await profiler.profile({ seconds: 60 })).bytes);
    expect(profile.durationNanos / 1e9).toBeLessThan(10);
  });

  test('row 63: of two CPU profiles in one turn the second is refused and the first finishes', async () => {
    const { profiler } = newTestProfiler();
    const first = profiler.profile({ seconds: 0.1 });
    await expect(profiler.profile({ seconds: 0.1 })).rejects.toMatchObject({
      code: 'CPU_PROFILE_RUNNING',
      message: 'cpu profiling already in use',
    });
    await expect(first).resolves.toMatchObject({ filename: 'profile' });
    await expect(profiler.profile({ seconds: 0.01 })).resolves.toMatchObject({ filename: 'profile' });
  });

  test('row 64: a caller that leaves frees the lock', async () => {
    const { profiler } = newTestProfiler();
    const abort = new AbortController();
    const first = profiler.profile({ seconds: 20, signal: abort.signal });
    setImmediate(() => abort.abort(new Error('the caller is gone')));
    await expect(first).rejects.toThrow('the caller is gone');
    await expect(profiler.profile({ seconds: 0.01 })).resolves.toMatchObject({ filename: 'profile' });
    await expect(profiler.profile({ seconds: 1, signal: abort.signal })).rejects.toThrow('the caller is gone');
    await expect(profiler.profile({ seconds: 0.01 })).resolves.toMatchObject({ filename: 'profile' });
  });

  test('row 74: a trace is JSON with events', async () => {
    const { profiler } = newTestProfiler();
    const result = await profiler.trace({ seconds: 0.2 });
    expect(result).toMatchObject({ contentKind: 'binary', filename: 'trace' });
    const { traceEvents, metadata } = JSON.parse(Buffer.from(result.bytes).toString()) as {
      readonly traceEvents: readonly { readonly name: string; readonly ph: string }[];
      readonly metadata: { readonly truncated: boolean };
    };
    expect(traceEvents.length).toBeGreaterThan(0);
    expect(traceEvents[0]).toEqual(expect.objectContaining({ name: expect.any(String), ph: expect.any(String) }));
    expect(metadata.truncated).toBe(false);
  });

  test('row 75: while a trace runs a second one is refused, a profile and lookups are not', async () => {
    const { profiler } = newTestProfiler();
    const trace = profiler.trace({ seconds: 0.3 });
    await expect(profiler.trace()).rejects.toMatchObject({
      code: 'TRACE_RUNNING',
      message: 'execution tracer already enabled',
    });
    const profile = profiler.profile({ seconds: 0.1 });
    await expect(profiler.lookup('goroutine')).resolves.toMatchObject({ filename: 'goroutine' });
    await expect(profile).resolves.toMatchObject({ filename: 'profile' });
    await expect(trace).resolves.toMatchObject({ filename: 'trace' });
  });

  test('a trace whose caller leaves frees its lock and stops recording', async () => {
    const { profiler } = newTestProfiler();
    const abort = new AbortController();
    const first = profiler.trace({ seconds: 20, signal: abort.signal });
    setImmediate(() => abort.abort(new Error('the caller is gone')));
    await expect(first).rejects.toThrow('the caller is gone');
    await expect(profiler.trace({ seconds: 0.01 })).resolves.toMatchObject({ filename: 'trace' });
  });

  test('a trace that grows too large says that it is cut', async () => {
    const { profiler } = newTestProfiler({ maxTraceBytes: 1_000 });
    const { bytes } = await profiler.trace({ seconds: 0.2 });
    expect(bytes.length).toBeLessThan(2_000);
    expect(JSON.parse(Buffer.from(bytes).toString())).toMatchObject({ metadata: { truncated: true } });
  });
});

describe('threads and contention', () => {
  test('row 73: threadcreate names the workers and counts the rest', async () => {
    const { profiler } = newTestProfiler();
    const worker = new Worker(`require('node:worker_threads').parentPort.on('message', () => {}).postMessage('up')`, {
      eval: true,
      name: 'evaluator',
    });
    cleanups.push(() => worker.terminate());
    await once(worker, 'message');
    const profile = decodeProfile((await profiler.lookup('threadcreate')).bytes);
    expect(profile.sampleTypes).toEqual(['threadcreate/count']);
    const functions = profile.samples.flatMap((sample) => sample.functions);
    expect(functions).toEqual(expect.arrayContaining(['main', expect.stringMatching(/^worker \d+ evaluator$/)]));
    expect(totalOf(profile, 0)).toBeGreaterThan(functions.length);
    const text = Buffer.from((await profiler.lookup('threadcreate', { debug: 1 })).bytes).toString();
    expect(text).toMatch(/^threadcreate profile: total \d+\n1 @ 0x10\n#\t0x10\tmain\+0x0\t:0\n\n/);
    expect(text).toMatch(/\n\d+ @\n#\t0x0\n\n$/);
  });

  test('a system that does not count threads leaves only those with a name', async () => {
    const facts = factsOf(process, '/nonexistent');
    await expect(facts.threadCount()).resolves.toBeUndefined();
  });

  test.each([
    ['block', '--- contention:\ncycles/second=1000000000\n'],
    ['mutex', '--- mutex:\ncycles/second=1000000000\nsampling period=0\n'],
  ])('row 73: %s is valid and empty', async (name, text) => {
    const { profiler } = newTestProfiler();
    const profile = decodeProfile((await profiler.lookup(name)).bytes);
    expect(profile.sampleTypes).toEqual(['contentions/count', 'delay/nanoseconds']);
    expect(profile.samples).toEqual([]);
    expect(Buffer.from((await profiler.lookup(name, { debug: 1 })).bytes).toString()).toBe(text);
  });
});
