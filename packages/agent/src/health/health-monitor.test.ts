import { describe, expect, test } from '@jest/globals';
import { SimClock } from '@steppe/testing';
import type { HealthCheck } from './health-check.js';
import { HEALTHY } from './health-check.js';
import { HEALTH_DEADLINE_MS, HealthMonitor } from './health-monitor.js';

const check = (name: string, role: 'server' | 'client', run: HealthCheck['check'], order = 0): HealthCheck => ({
  name,
  role,
  order,
  check: run,
});
const bad = (message: string) => () => ({ ok: false, message });

function monitor(checks: readonly HealthCheck[], roles = { server: true, client: true }) {
  const clock = new SimClock();
  return { clock, monitor: new HealthMonitor(roles, { checks, clock }) };
}

describe('HealthMonitor', () => {
  test('without checks an enabled role is healthy; only enabled roles are reported unless named', async () => {
    const { monitor: health } = monitor([], { server: true, client: false });
    expect(await health.report({ roles: undefined, stale: false })).toEqual({ server: HEALTHY });
    expect(await health.report({ roles: ['client'], stale: false })).toEqual({
      client: { ok: false, message: 'client not enabled' },
    });
    expect(await health.report({ roles: [], stale: false })).toEqual({});
  });

  test('the first failing check by order gives the message', async () => {
    const { monitor: health } = monitor([
      check('late', 'server', bad('second'), 2),
      check('early', 'server', bad('first'), 1),
      check('other', 'client', () => HEALTHY),
    ]);
    expect(await health.report({ roles: undefined, stale: false })).toEqual({
      client: HEALTHY,
      server: { ok: false, message: 'first' },
    });
  });

  test('a check that throws, rejects or never answers is not ok, and the answer still comes in time', async () => {
    const broken = (run: HealthCheck['check']) => monitor([check('db', 'server', run)]);
    const throwing = broken(() => {
      throw new Error('boom');
    });
    expect((await throwing.monitor.report({ roles: ['server'], stale: false })).server).toEqual({
      ok: false,
      message: 'boom',
    });
    const rejecting = broken(() => Promise.reject(new Error('gone')));
    expect((await rejecting.monitor.report({ roles: ['server'], stale: false })).server).toEqual({
      ok: false,
      message: 'gone',
    });
    const hanging = broken(() => new Promise(() => undefined));
    const report = hanging.monitor.report({ roles: ['server'], stale: false });
    await hanging.clock.advance(HEALTH_DEADLINE_MS);
    expect((await report).server).toEqual({ ok: false, message: 'db: no answer within 250 ms' });
    expect(hanging.clock.pending).toBe(0);
  });

  test('two checks of one name are refused', () => {
    expect(() => monitor([check('a', 'server', () => HEALTHY), check('a', 'client', () => HEALTHY)])).toThrow('"a"');
  });
});
