import { describe, expect, test } from '@jest/globals';
import { MetricsRegistry } from '@steppe/runtime';
import { RecordingLogger, SimClock } from '@steppe/testing';
import type { SerfBroadcastsOptions } from './serf-broadcasts.js';
import { SerfBroadcasts } from './serf-broadcasts.js';

const bytesOf = (fill: number, length = 10): Uint8Array => new Uint8Array(length).fill(fill);

function newBroadcasts(options: Partial<SerfBroadcastsOptions> = {}, members = 1) {
  const logger = new RecordingLogger();
  const metrics = new MetricsRegistry({}, { clock: new SimClock() });
  const broadcasts = new SerfBroadcasts(
    {
      retransmitMult: 4,
      maxQueueDepth: 4096,
      minQueueDepth: 0,
      queueDepthWarning: 2,
      maxMessageBytes: 1000,
      ...options,
    },
    { poolSize: () => members, logger, metrics },
  );
  return { broadcasts, logger, metrics };
}

describe('SerfBroadcasts', () => {
  test('intents come before queries before events, within one budget', () => {
    const { broadcasts } = newBroadcasts();
    broadcasts.enqueue('event', bytesOf(3));
    broadcasts.enqueue('query', bytesOf(2));
    broadcasts.enqueue('intent', bytesOf(1));
    const firstBytes = (limitBytes: number): unknown[] =>
      broadcasts.take({ overheadBytes: 3, limitBytes }).map(([first]) => first);
    expect(firstBytes(39)).toEqual([1, 2, 3]);
    expect(firstBytes(38)).toEqual([1, 2]);
    expect(firstBytes(12)).toEqual([]);
  });

  test('a message that no datagram holds is not queued', () => {
    const { broadcasts } = newBroadcasts();
    const outcomes: string[] = [];
    broadcasts.enqueue('event', bytesOf(1, 1001), (outcome) => outcomes.push(outcome));
    expect(outcomes).toEqual(['dropped']);
    expect(broadcasts.depth('event')).toBe(0);
  });

  test.each([
    [3, 0, 1, 3],
    [3, 2, 4, 8],
    [3, 5, 1, 5],
  ])('maximum %i, minimum %i, %i members: at most %i wait', (maxQueueDepth, minQueueDepth, members, expected) => {
    const { broadcasts } = newBroadcasts({ maxQueueDepth, minQueueDepth }, members);
    for (let i = 0; i < 20; i += 1) broadcasts.enqueue('intent', bytesOf(i));
    expect(broadcasts.depth('intent')).toBe(expected);
  });

  test('a long queue is measured and reported', () => {
    const { broadcasts, logger, metrics } = newBroadcasts();
    for (let i = 0; i < 3; i += 1) broadcasts.enqueue('query', bytesOf(i));
    broadcasts.sample();
    expect(logger.lines).toMatchObject([{ level: 'warn', fields: { kind: 'query', depth: 3 } }]);
    expect(metrics.cumulative().samples.find(({ name }) => name === 'serf.queue.Query')?.sum).toBe(3);
  });

  test('clearing tells who waits for a broadcast', () => {
    const { broadcasts } = newBroadcasts();
    const outcomes: string[] = [];
    broadcasts.enqueue('intent', bytesOf(1), (outcome) => outcomes.push(outcome));
    broadcasts.clear();
    expect(outcomes).toEqual(['dropped']);
  });
});
