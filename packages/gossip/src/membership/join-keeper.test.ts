import { describe, expect, test } from '@jest/globals';
import type { Member } from '@steppe/domain';
import { RecordingLogger, SeededRandom, SimClock } from '@steppe/testing';
import type { JoinKeeperOptions } from './join-keeper.js';
import { JoinKeeper } from './join-keeper.js';
import type { JoinResult } from './membership.js';

const FAILED: JoinResult = { joined: 0, errors: ['failed to join a: nobody'] };
const JOINED: JoinResult = { joined: 1, errors: [] };

function setUp(options: Partial<JoinKeeperOptions>, answers: (attempt: number) => JoinResult) {
  const clock = new SimClock();
  const logger = new RecordingLogger();
  const attempts: { readonly at: number; readonly addresses: readonly string[] }[] = [];
  const exhausted: Error[] = [];
  let alive = 2;
  const membership = {
    join: async (addresses: readonly string[]) => {
      attempts.push({ at: clock.monotonic(), addresses });
      return answers(attempts.length);
    },
    members: () => Array.from({ length: alive }, () => ({ status: 'alive' }) as Member),
  };
  const keeper = new JoinKeeper(
    { startJoin: [], retryJoin: [], retryMax: 0, retryIntervalMs: 30_000, ...options },
    { membership, clock, random: new SeededRandom(1), logger, onExhausted: (error) => void exhausted.push(error) },
  );
  return { keeper, clock, logger, attempts, exhausted, leaveAlone: () => (alive = 1) };
}

describe('joining at start', () => {
  test('a start at which nobody answers fails with the causes', async () => {
    const { keeper } = setUp({ startJoin: ['a'] }, () => FAILED);
    await expect(keeper.start()).rejects.toMatchObject({ code: 'GOSSIP_JOIN_FAILED', message: FAILED.errors[0] });
  });

  test('one that answers is enough, and nothing is retried', async () => {
    const { keeper, attempts, clock } = setUp({ startJoin: ['a', 'b'] }, () => JOINED);
    await keeper.start();
    await clock.advance(600_000);
    expect(attempts.map(({ addresses }) => addresses)).toEqual([['a', 'b']]);
    await keeper.stop();
    expect(clock.pending).toBe(0);
  });
});

describe('joining in the background', () => {
  test('pauses grow up to the interval, and end with the first success', async () => {
    const { keeper, attempts, clock } = setUp({ retryJoin: ['a'] }, (attempt) => (attempt < 9 ? FAILED : JOINED));
    await keeper.start();
    await clock.advance(600_000);
    const pauses = attempts.slice(1).map(({ at }, i) => at - (attempts[i]?.at ?? 0));
    expect(pauses).toHaveLength(8);
    pauses.forEach((pause, i) => {
      const longest = Math.min(1_000 * 2 ** i, 30_000);
      expect(pause).toBeGreaterThanOrEqual(longest * 0.75);
      expect(pause).toBeLessThanOrEqual(longest);
    });
    await keeper.stop();
  });

  test('attempts that run out are reported once, and no more are made', async () => {
    const { keeper, attempts, clock, exhausted } = setUp({ retryJoin: ['a'], retryMax: 3 }, () => FAILED);
    await keeper.start();
    await clock.advance(3_600_000);
    expect(attempts).toHaveLength(3);
    expect(exhausted.map(({ message }) => message)).toEqual([
      'no server could be joined in 3 attempts: failed to join a: nobody',
    ]);
  });

  test('a stop ends it', async () => {
    const { keeper, attempts, clock } = setUp({ retryJoin: ['a'] }, () => FAILED);
    await keeper.start();
    await keeper.stop();
    await clock.advance(600_000);
    expect(attempts).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  test('an agent that finds itself alone later tries its addresses again', async () => {
    const { keeper, attempts, clock, leaveAlone, logger } = setUp({ startJoin: ['a'], retryJoin: ['b'] }, () => JOINED);
    await keeper.start();
    await clock.advance(300_000);
    expect(attempts).toHaveLength(2);
    leaveAlone();
    await clock.advance(60_000);
    expect(attempts[2]?.addresses).toEqual(['a', 'b']);
    expect(logger.messages('info')).toContain('joined the pool again');
    await keeper.stop();
  });
});
