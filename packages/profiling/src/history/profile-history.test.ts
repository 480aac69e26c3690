import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { SystemClock } from '@steppe/runtime';
import { eventually, RecordingLogger } from '@steppe/testing';
import { factsOf } from '../profiler/process-facts.js';
import { ProfilerImpl } from '../profiler/profiler-impl.js';
import { SourcePositions } from '../stack/source-positions.js';
import { decodeProfile, totalOf } from '../testing/decode-profile.js';
import { keepBusy } from '../testing/test-profiler.js';
import { ProfileHistory } from './profile-history.js';
import type { ProfileHistoryOptions } from './profile-history.js';

// It is real time that passes, and there may be little of the processor.
jest.setTimeout(30_000);

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function startHistory(options: ProfileHistoryOptions) {
  const deps = { clock: new SystemClock(), positions: new SourcePositions(), logger: new RecordingLogger() };
  const history = new ProfileHistory(options, deps);
  await history.start();
  cleanups.push(() => history.stop());
  const profiler = new ProfilerImpl({}, { ...deps, history, process: factsOf(process), profiles: [] });
  return { history, profiler };
}

describe('ProfileHistory', () => {
  test('tells afterwards what ran, and does not keep anybody from taking a profile', async () => {
    const { profiler } = await startHistory({ historyMs: 60_000, historyIntervalMs: 5, historyPieceMs: 100 });
    const stop = keepBusy();
    cleanups.push(stop);
    await expect(profiler.profile({ seconds: 0.2 })).resolves.toMatchObject({ filename: 'profile' });
    await eventually(20_000, async () => {
      const profile = decodeProfile((await profiler.past(60_000)).bytes);
      expect(profile.period).toBe(5_000_000);
      expect(profile.durationNanos).toBeGreaterThan(100e6);
      const hot = totalOf(profile, 1, ({ functions }) => functions.includes('burnInHotFunction'));
      expect(hot).toBeGreaterThan(totalOf(profile, 1) / 3);
    });
  });

  test('pieces older than what is kept, or than what is asked for, are not in it', async () => {
    const { history } = await startHistory({ historyMs: 250, historyIntervalMs: 5, historyPieceMs: 50 });
    await eventually(20_000, async () => expect((await history.since(60_000)).durationMs).toBeGreaterThan(150));
    expect((await history.since(60_000)).durationMs).toBeLessThan(5_000);
  });

  test('what runs now is in it, however long the pieces are', async () => {
    const { history } = await startHistory({ historyMs: 600_000, historyIntervalMs: 2, historyPieceMs: 600_000 });
    cleanups.push(keepBusy());
    await eventually(20_000, async () => {
      const { samples } = await history.since(1);
      expect(samples.flatMap(({ stack }) => stack).map((frame) => frame.functionName)).toContain('burnInHotFunction');
    });
  });

  test('is off without a length, and says how to switch it on', async () => {
    const { profiler } = await startHistory({});
    await expect(profiler.past(1_000)).rejects.toMatchObject({
      code: 'PROFILE_HISTORY_OFF',
      message: 'no profiles of the past are kept: set profiling.history, such as "10m", to keep them',
    });
    await expect(profiler.past(1_000, 'cpuprofile')).rejects.toMatchObject({ code: 'PROFILE_FORMAT_INVALID' });
  });
});
