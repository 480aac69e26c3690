import { expect, test } from '@jest/globals';
import { SimClock } from '@steppe/testing';
import type { AllocRunner } from './alloc-runner.js';
import { UsageMeter } from './allocation-usage.js';

type Runner = Pick<AllocRunner, 'usage' | 'report'>;

const resources = { memoryMb: 0, diskMb: 0, networks: [], minDynamicPort: 0, maxDynamicPort: 0 };

/** A task that has been busy for as long as `busyMs` says. */
function start({ totalCores = 4, cpuShares = 8_000 } = {}) {
  const clock = new SimClock();
  const task = { busyMs: 0, startedAtMs: clock.now() };
  const runner = {
    usage: async () => ({ main: { pids: [1], memoryBytes: 10, userMs: task.busyMs, systemMs: 0 } }),
    get report() {
      return { taskStates: { main: { startedAtMs: task.startedAtMs } } } as unknown as Runner['report'];
    },
  } satisfies Runner;
  const meter = new UsageMeter({ clock, node: () => ({ resources: { ...resources, totalCores, cpuShares } }) });
  const load = async () => {
    const { main } = (await meter.read(runner)).tasks;
    return [main?.cpuPercent, main?.cpuTicks];
  };
  return { clock, task, load };
}

test('a task is as busy as it was since the reading before, in parts of a core and in MHz', async () => {
  const { clock, task, load } = start();
  await clock.advance(1_000);
  task.busyMs = 1_500;
  expect(await load()).toEqual([150, 3_000]);
  await clock.advance(1_000);
  task.busyMs = 1_750;
  expect(await load()).toEqual([25, 500]);
});

test('one that was started again begins at nothing', async () => {
  const { clock, task, load } = start();
  await clock.advance(1_000);
  task.busyMs = 1_000;
  await load();
  Object.assign(task, { startedAtMs: clock.now(), busyMs: 0 });
  await clock.advance(2_000);
  task.busyMs = 500;
  expect(await load()).toEqual([25, 500]);
});

test('of a node that does not know its processors there are no MHz', async () => {
  const { clock, task, load } = start({ totalCores: 0, cpuShares: 0 });
  await clock.advance(1_000);
  task.busyMs = 500;
  expect(await load()).toEqual([50, 0]);
});
