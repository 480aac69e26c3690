import { beforeEach, describe, expect, test } from '@jest/globals';
import { noMetrics } from '@steppe/runtime';
import { RecordingLogger, SimClock } from '@steppe/testing';
import { PlanRejectionTracker } from './plan-rejection-tracker.js';

const WINDOW_MS = 300_000;
let clock: SimClock;
let logger: RecordingLogger;
let out: string[];
let isRefused: boolean;
let tracker: PlanRejectionTracker;
beforeEach(() => {
  clock = new SimClock();
  logger = new RecordingLogger();
  out = [];
  isRefused = false;
  tracker = new PlanRejectionTracker(
    { nodeThreshold: 3, nodeWindowMs: WINDOW_MS },
    {
      keepOut: async (nodeId) => {
        if (isRefused) throw new Error('no leader');
        out.push(nodeId);
      },
      clock,
      logger,
      metrics: noMetrics,
    },
  );
});

const reject = (nodeId: string, times = 3): void => {
  for (let i = 0; i < times; i += 1) tracker.rejected(nodeId);
};

describe('PlanRejectionTracker', () => {
  test('a node is taken out when it was rejected often enough within the window, and counts anew then', async () => {
    reject('n1', 2);
    await clock.advance(WINDOW_MS);
    reject('n1', 2);
    reject('n2', 1);
    expect(out).toEqual([]);
    reject('n1', 1);
    expect(out).toEqual(['n1']);
    reject('n1', 2);
    expect(out).toEqual(['n1']);
  });

  test('ten nodes may go at once, and then one in six minutes', async () => {
    const names = Array.from({ length: 12 }, (_, i) => `n${i}`);
    for (const name of names) reject(name);
    expect(out).toEqual(names.slice(0, 10));
    expect(logger.messages('warn')).toHaveLength(2);
    await clock.advance(359_999);
    reject('n11');
    expect(out).toHaveLength(10);
    await clock.advance(1);
    reject('n11', 1);
    expect(out.slice(10)).toEqual(['n11']);
    reject('n10');
    expect(out).toHaveLength(11);
  });

  test('only the fifty nodes that were rejected last are remembered', () => {
    reject('first', 2);
    for (let i = 0; i < 50; i += 1) reject(`n${i}`, 1);
    reject('first', 1);
    expect(out).toEqual([]);
    reject('first', 2);
    expect(out).toEqual(['first']);
  });

  test('that a node cannot be marked is told, and hurts nobody', async () => {
    isRefused = true;
    reject('n1');
    await clock.advance(0);
    expect(logger.messages('error')).toEqual(['failed to mark node as ineligible']);
  });
});
