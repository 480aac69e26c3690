import { describe, expect, test } from '@jest/globals';
import { SimClock } from '@steppe/testing';
import { ConnectionLimiter } from './connection-limiter.js';

describe('ConnectionLimiter', () => {
  test('counts each address by itself and forgets what closed', () => {
    const limiter = new ConnectionLimiter({ limit: 1 }, { clock: new SimClock() });
    expect(limiter.admit('a')).toBe('admitted');
    expect(limiter.admit('b')).toBe('admitted');
    expect(limiter.admit('a')).toBe('refused');
    limiter.release('a');
    expect(limiter.admit('a')).toBe('admitted');
  });

  test('a limit of 0 is none', () => {
    const limiter = new ConnectionLimiter({ limit: 0 }, { clock: new SimClock() });
    expect(Array.from({ length: 1_000 }, () => limiter.admit('a')).every((admission) => admission === 'admitted')).toBe(
      true,
    );
  });

  test('refuses aloud a hundred times at once, then ten times a second, and silently beyond', async () => {
    const clock = new SimClock();
    const limiter = new ConnectionLimiter({ limit: 1 }, { clock });
    limiter.admit('a');
    const aloud = (attempts: number): number =>
      Array.from({ length: attempts }, () => limiter.admit('a')).filter((admission) => admission === 'refused').length;
    expect(aloud(200)).toBe(100);
    await clock.advance(1_000);
    expect(aloud(200)).toBe(10);
  });
});
