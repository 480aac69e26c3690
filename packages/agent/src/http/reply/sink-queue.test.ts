import { describe, expect, test } from '@jest/globals';
import type { ByteSink } from './reply.js';
import { SinkQueue } from './sink-queue.js';

const NEVER = new AbortController().signal;
const text = (chunk: Uint8Array): string => Buffer.from(chunk).toString();

/** Everything that is written, as it is taken. */
async function taken(run: (sink: ByteSink) => Promise<void>): Promise<readonly string[]> {
  const chunks: string[] = [];
  for await (const chunk of new SinkQueue().read(run, NEVER)) chunks.push(text(chunk));
  return chunks;
}

async function microtasks(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await Promise.resolve();
}

describe('SinkQueue', () => {
  // At whatever moment of the reader's a chunk comes.
  test.each(Array.from({ length: 12 }, (_, pause) => [pause]))(
    'a chunk %i turns after the one before is taken, although none follows until it is',
    async (pause) => {
      let take: () => void = () => undefined;
      const chunks: string[] = [];
      const reader = new SinkQueue().read(async (sink) => {
        for (const each of ['a', 'b', 'c', 'd']) {
          const isTaken = new Promise<void>((resolve) => (take = resolve));
          await microtasks(pause);
          sink.write(Buffer.from(each));
          await isTaken;
        }
      }, NEVER);
      for await (const chunk of reader) {
        chunks.push(text(chunk));
        take();
      }
      expect(chunks).toEqual(['a', 'b', 'c', 'd']);
    },
    1_000,
  );

  test('what a writer throws follows its last chunk', async () => {
    const chunks = await taken(async (sink) => {
      sink.write(Buffer.from('begun'));
      throw new Error('the file is gone');
    });
    expect(chunks).toEqual(['begun', 'the file is gone']);
  });

  test('a writer is told to wait beyond 64 KiB, until somebody takes them', async () => {
    const told: (boolean | string)[] = [];
    const queue = new SinkQueue();
    const reader = queue.read(async (sink) => {
      told.push(sink.write(Buffer.alloc(1_024)), sink.write(Buffer.alloc(64 * 1_024)));
      await new Promise<void>((resolve) => sink.onDrain(resolve));
      told.push('drained', sink.write(Buffer.from('more')));
    }, NEVER);
    expect(told).toEqual([true, false]);
    const sizes: number[] = [];
    for await (const chunk of reader) sizes.push(chunk.length);
    expect([told, sizes]).toEqual([
      [true, false, 'drained', true],
      [1_024, 65_536, 4],
    ]);
  });

  test('a reader that stops ends the writer', async () => {
    let reason: unknown;
    const reader = new SinkQueue().read(
      (sink, { signal }) =>
        new Promise((resolve) => {
          sink.write(Buffer.from('first'));
          signal.addEventListener('abort', () => {
            reason = signal.reason;
            resolve();
          });
        }),
      NEVER,
    );
    for await (const chunk of reader) {
      expect(text(chunk)).toBe('first');
      break;
    }
    expect(reason).toEqual(new Error('the caller is gone'));
  });
});
