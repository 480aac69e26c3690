import { describe, expect, test } from '@jest/globals';
import { RecordingLogger, SeededRandom } from '@steppe/testing';
import type { GossipAddress } from '../transport/transport.js';
import { rejoin } from './rejoin.js';

const previous = new Map(['a', 'b', 'c', 'd'].map((name, i) => [name, { host: `10.0.0.${i + 1}`, port: 7946 }]));

async function run(answers: (host: string) => boolean, { signal = new AbortController().signal, seed = 1 } = {}) {
  const asked: string[] = [];
  const logger = new RecordingLogger();
  const join = async ({ host }: GossipAddress): Promise<boolean> => {
    asked.push(host);
    return answers(host);
  };
  await rejoin(previous, { random: new SeededRandom(seed), join, logger }, signal);
  return { asked, logger };
}

describe('rejoin', () => {
  test('asks one after another, and nobody after the first that answers', async () => {
    const { asked, logger } = await run((host) => host === '10.0.0.3');
    expect(asked.at(-1)).toBe('10.0.0.3');
    expect(logger.messages()).toEqual(['rejoined the pool of the snapshot']);
  });

  test('the order is by chance, and everybody is asked once', async () => {
    const orders = await Promise.all([1, 2, 3].map(async (seed) => (await run(() => false, { seed })).asked));
    for (const asked of orders) expect(new Set(asked).size).toBe(4);
    expect(new Set(orders.map(String)).size).toBeGreaterThan(1);
  });

  test('nobody answers: it is reported', async () => {
    expect((await run(() => false)).logger.messages('warn')).toEqual(['nobody of the snapshot answers']);
  });

  test('stops when aborted, without a word', async () => {
    const controller = new AbortController();
    const { asked, logger } = await run(
      () => {
        controller.abort();
        return false;
      },
      { signal: controller.signal },
    );
    expect(asked).toHaveLength(1);
    expect(logger.lines).toEqual([]);
  });
});
