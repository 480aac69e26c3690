import { expect, test } from '@jest/globals';
import { MetricsRegistry } from '@steppe/runtime';
import { RecordingLogger, SimClock } from '@steppe/testing';
import { FakeTaskDriver } from '../testing/fake-task-driver.js';
import { fingerprintDrivers } from './fingerprint-drivers.js';

test('drivers that can run are attributes of the node; those that cannot are told, too', async () => {
  const clock = new SimClock();
  const metrics = new MetricsRegistry({ prefix: 'nomad' }, { clock });
  const logger = new RecordingLogger();
  const broken = new FakeTaskDriver({ clock, name: 'broken' });
  broken.fingerprint = () => Promise.reject(new Error('no kernel support'));
  const stuck = new FakeTaskDriver({ clock, name: 'stuck' });
  stuck.fingerprint = () => new Promise(() => undefined);
  const found = fingerprintDrivers(
    [new FakeTaskDriver({ clock }), broken, stuck],
    { timeoutMs: 10_000 },
    { clock, logger, metrics },
  );
  await clock.advance(10_000);
  const { attributes, drivers } = await found;
  expect(attributes).toEqual({ 'driver.fake': '1', 'driver.fake.version': '3' });
  const sick = { attributes: {}, detected: false, healthy: false };
  expect(drivers).toEqual({
    fake: {
      attributes: { 'driver.fake.version': '3' },
      detected: true,
      healthy: true,
      healthDescription: 'Healthy',
      updateTimeMs: clock.now() - 10_000,
    },
    broken: { ...sick, healthDescription: 'no kernel support', updateTimeMs: clock.now() - 10_000 },
    stuck: { ...sick, healthDescription: 'took longer than 10000 ms', updateTimeMs: clock.now() },
  });
  expect(logger.messages('warn')).toEqual(Array(2).fill('fingerprint of a driver failed'));
  expect(clock.pending).toBe(0);
});
