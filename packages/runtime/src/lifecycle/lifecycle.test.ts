import { describe, expect, test } from '@jest/globals';
import type { Clock, Timer } from '../clock/clock.js';
import { silentLogger } from '../logger/logger.js';
import type { Logger } from '../logger/logger.js';
import { Lifecycle } from './lifecycle.js';
import type { Phase, Startable } from './startable.js';

/** A clock whose timers fire when the test says so. */
class ManualClock implements Clock {
  readonly timers = new Set<() => void>();
  now = (): number => 0;
  monotonic = (): number => 0;
  setTimer = (_ms: number, callback: () => void): Timer => {
    this.timers.add(callback);
    return { cancel: () => this.timers.delete(callback) };
  };
  setTicker = this.setTimer;
  fire(): void {
    for (const callback of Array.from(this.timers)) callback();
  }
}

function recorder() {
  const log: string[] = [];
  const part = (name: string, phase: Phase, overrides: Partial<Startable> = {}): Startable => ({
    name,
    phase,
    start: async () => void log.push(`start ${name}`),
    stop: async () => void log.push(`stop ${name}`),
    ...overrides,
  });
  return { log, part };
}

const lifecycle = (parts: readonly Startable[], clock: Clock = new ManualClock(), logger: Logger = silentLogger) =>
  new Lifecycle(parts, {}, { clock, logger });

describe('Lifecycle', () => {
  test('starts phase by phase and stops the other way round', async () => {
    const { log, part } = recorder();
    const agent = lifecycle([
      part('http', 'listen'),
      part('pool', 'work'),
      part('store', 'storage'),
      part('gossip', 'membership'),
    ]);
    await agent.start();
    await agent.stop();
    expect(log).toEqual([
      'start store',
      'start gossip',
      'start pool',
      'start http',
      'stop http',
      'stop pool',
      'stop gossip',
      'stop store',
    ]);
  });

  test('a failing start stops what had started and rejects with that failure', async () => {
    const { log, part } = recorder();
    const failing = part('gossip', 'membership', { start: () => Promise.reject(new Error('port in use')) });
    const agent = lifecycle([part('store', 'storage'), failing, part('http', 'listen')]);
    await expect(agent.start()).rejects.toThrow('port in use');
    expect(log).toEqual(['start store', 'stop gossip', 'stop store']);
  });

  test('a part that does not stop is left behind after its deadline, with a warning', async () => {
    const clock = new ManualClock();
    const warnings: string[] = [];
    const logger: Logger = {
      ...silentLogger,
      warn: (message, fields) => void warnings.push(`${message} ${String(fields?.['part'])}`),
    };
    const { log, part } = recorder();
    const agent = lifecycle(
      [part('store', 'storage'), part('stuck', 'listen', { stop: () => new Promise(() => undefined) })],
      clock,
      logger,
    );
    await agent.start();
    const stopped = agent.stop();
    clock.fire();
    await stopped;
    expect(warnings).toEqual(['part did not stop in time stuck']);
    expect(log.at(-1)).toBe('stop store');
    expect(clock.timers.size).toBe(0);
  });

  test('a stop that fails is logged and the rest still stops', async () => {
    const errors: string[] = [];
    const logger: Logger = { ...silentLogger, error: (message) => void errors.push(message) };
    const { log, part } = recorder();
    const agent = lifecycle(
      [part('store', 'storage'), part('bad', 'work', { stop: () => Promise.reject(new Error('x')) })],
      new ManualClock(),
      logger,
    );
    await agent.start();
    await agent.stop();
    await agent.stop();
    expect(errors).toEqual(['part failed to stop']);
    expect(log).toEqual(['start store', 'start bad', 'stop store']);
  });
});
