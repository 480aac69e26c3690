import { expect, test } from '@jest/globals';
import { SimClock } from '@steppe/testing';
import { tmpdir, uptime } from 'node:os';
import { HostMeter } from './host-meter.js';

test('tells what this machine is doing, and how many of its MHz that takes', async () => {
  const clock = new SimClock();
  const idle = { user: 0, nice: 0, sys: 0, irq: 0, idle: 0 };
  let worked = 0;
  const processors = () => [{ times: { ...idle, user: worked } }, { times: { ...idle, idle: worked } }];
  const meter = new HostMeter({ allocFolder: tmpdir() }, { clock, processors });
  worked = 1_000;
  await clock.advance(1_000);
  const usage = await meter.read({ cpuShares: 4_000 });
  expect(usage).toMatchObject({ atMs: clock.now(), cpuTicksUsed: 2_000, cpus: [{ name: 'cpu0' }, { name: 'cpu1' }] });
  expect(usage.uptimeSeconds).toBeLessThanOrEqual(uptime());
  expect(usage.memory.totalBytes).toBeGreaterThan(usage.memory.usedBytes);
  expect(usage.disks.map(({ mountpoint }) => mountpoint)).toContain('/');
  expect(usage.allocDisk.sizeBytes).toBeGreaterThan(0);
});
