import { describe, expect, test } from '@jest/globals';
import { RecordingLogger, SimClock } from '@steppe/testing';
import { GarbageCollector } from './garbage-collector.js';

const create = ({ intervalMs = 60_000, left = 10 } = {}) => {
  const clock = new SimClock();
  const logger = new RecordingLogger();
  const abort = new AbortController();
  /** What the disk is like; each allocation that goes frees a part of it. */
  const disk = { usedPercent: 0, inodesUsedPercent: 0, freedPercent: 5, collected: 0 };
  const collector = new GarbageCollector(
    { intervalMs, maxDiskPercent: 80, maxInodePercent: 70 },
    {
      usage: async () => ({ ...disk }),
      collectOldest: async () => {
        if (disk.collected === left) return false;
        disk.collected += 1;
        disk.usedPercent -= disk.freedPercent;
        disk.inodesUsedPercent -= disk.freedPercent;
        return true;
      },
      clock,
      logger,
    },
  );
  const running = collector.run({ signal: abort.signal });
  return { abort, clock, disk, logger, running };
};

describe('what has ended', () => {
  test.each([
    [{ usedPercent: 80, inodesUsedPercent: 70 }, 0],
    [{ usedPercent: 81, inodesUsedPercent: 0 }, 1],
    [{ usedPercent: 99, inodesUsedPercent: 0 }, 4],
    [{ usedPercent: 0, inodesUsedPercent: 76 }, 2],
  ])('with %j goes until there is room: %i', async (usage, count) => {
    const { clock, disk } = create();
    Object.assign(disk, usage);
    await clock.advance(59_999);
    expect(disk.collected).toBe(0);
    await clock.advance(1);
    expect(disk.collected).toBe(count);
  });

  test('is all that can go', async () => {
    const { clock, disk } = create({ left: 2 });
    Object.assign(disk, { usedPercent: 99, freedPercent: 0 });
    await clock.advance(60_000);
    expect(disk.collected).toBe(2);
  });

  test('stays without an interval', async () => {
    const { clock, disk, running } = create({ intervalMs: 0 });
    disk.usedPercent = 99;
    await running;
    expect([disk.collected, clock.pending]).toEqual([0, 0]);
  });
});

test('a disk that cannot be measured is told, and looked at again', async () => {
  const clock = new SimClock();
  const logger = new RecordingLogger();
  const abort = new AbortController();
  let looks = 0;
  const collector = new GarbageCollector(
    { intervalMs: 1_000, maxDiskPercent: 80, maxInodePercent: 70 },
    {
      usage: () => {
        looks += 1;
        return Promise.reject(new Error('no such folder'));
      },
      collectOldest: () => Promise.resolve(false),
      clock,
      logger,
    },
  );
  const running = collector.run({ signal: abort.signal });
  await clock.advance(2_000);
  expect(looks).toBe(2);
  expect(logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(2);
  abort.abort();
  await running;
  expect(clock.pending).toBe(0);
});
