import { expect, test } from '@jest/globals';
import { SimClock } from '@steppe/testing';
import { CpuMeter } from './cpu-load.js';

const create = (count = 1) => {
  const clock = new SimClock();
  const times = Array.from({ length: count }, () => ({ user: 500, nice: 0, sys: 100, irq: 0, idle: 400 }));
  const meter = new CpuMeter({ clock, processors: () => times.map((each) => ({ times: { ...each } })) });
  const work = async (spent: Partial<(typeof times)[number]>, i = 0): Promise<void> => {
    const each = times[i] as (typeof times)[number];
    for (const [kind, ms] of Object.entries(spent)) each[kind as keyof typeof each] += ms;
    await clock.advance(i === 0 ? 1_000 : 0);
  };
  return { clock, meter, work };
};

test('each processor tells what it has done since it was made', async () => {
  const { meter, work } = create(2);
  await work({ user: 300, nice: 100, sys: 90, irq: 10, idle: 500 });
  await work({ idle: 1_000 }, 1);
  expect(meter.read()).toEqual([
    { name: 'cpu0', userPercent: 40, systemPercent: 10, idlePercent: 50 },
    { name: 'cpu1', userPercent: 0, systemPercent: 0, idlePercent: 100 },
  ]);
});

test('then since the reading before; one that comes at once does not count as such', async () => {
  const { meter, work } = create();
  await work({ user: 1_000 });
  expect(meter.read()).toMatchObject([{ userPercent: 100 }]);
  expect(meter.read()).toMatchObject([{ userPercent: 100 }]);
  await work({ idle: 1_000 });
  expect(meter.read()).toMatchObject([{ userPercent: 0, idlePercent: 100 }]);
});

test('with no time gone by nothing was done', () => {
  expect(create().meter.read()).toEqual([{ name: 'cpu0', userPercent: 0, systemPercent: 0, idlePercent: 100 }]);
});
