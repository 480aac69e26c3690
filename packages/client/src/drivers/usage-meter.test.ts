import { expect, test } from '@jest/globals';
import { SimClock } from '@steppe/testing';
import { UsageMeter } from './usage-meter.js';

test('the share of a core is that of the time between two measurements, and never less than nothing', async () => {
  const clock = new SimClock();
  const usage = { memoryBytes: 1000, userMs: 0, systemMs: 0, pids: [7] };
  const task = { usage: () => Promise.resolve({ ...usage }) };
  const meter = new UsageMeter({ task, coreMhz: 2000 }, { clock });
  expect(await meter.measure()).toMatchObject({ cpuPercent: 0, cpuMhz: 0 });
  Object.assign(usage, { userMs: 1000, systemMs: 500 });
  await clock.advance(1000);
  expect(await meter.measure()).toEqual({
    memoryBytes: 1000,
    cpuPercent: 150,
    userPercent: 100,
    systemPercent: 50,
    cpuMhz: 3000,
    pids: [7],
    timestampMs: clock.now(),
  });
  Object.assign(usage, { userMs: 900, systemMs: 500 });
  await clock.advance(1000);
  expect(await meter.measure()).toMatchObject({ cpuPercent: 0 });
});
