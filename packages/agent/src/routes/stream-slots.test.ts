import { describe, expect, test } from '@jest/globals';
import type { ApiRequest } from '../http/request/api-request.js';
import { StreamSlots } from './stream-slots.js';

/** A request of a token, which is over when the test says so. */
function requestOf(accessorId: string) {
  const over = new AbortController();
  const caller = async () => ({ accessorId, nodeId: '' }) as Awaited<ReturnType<ApiRequest['caller']>>;
  return { request: { caller, signal: over.signal }, end: () => over.abort() };
}

describe('the streams of an agent', () => {
  const slots = () => new StreamSlots('event', { maxPerToken: 2, maxTotal: 3 });

  test('are counted by token and in all', async () => {
    const few = slots();
    for (const token of ['a', 'a', 'b']) await few.take(requestOf(token).request);
    const full = { code: 'STREAMS_FULL', message: 'the agent has 3 event streams open, and may have no more' };
    await expect(few.take(requestOf('c').request)).rejects.toMatchObject(full);
    const own = slots();
    for (const token of ['a', 'a']) await own.take(requestOf(token).request);
    await expect(own.take(requestOf('a').request)).rejects.toMatchObject({
      message: 'this token has 2 event streams open, and may have no more',
    });
    await own.take(requestOf('b').request);
    expect(own.total).toBe(3);
  });

  test('give their slot back once, however they end', async () => {
    const few = slots();
    const first = requestOf('a');
    const second = requestOf('a');
    const release = await few.take(first.request);
    await few.take(second.request);
    release();
    first.end();
    release();
    expect(few.total).toBe(1);
    second.end();
    expect(few.total).toBe(0);
    for (let i = 0; i < 2; i += 1) await few.take(requestOf('a').request);
    expect(few.total).toBe(2);
  });

  test('that are over before they begin take none', async () => {
    const few = slots();
    const gone = requestOf('a');
    gone.end();
    const release = await few.take(gone.request);
    release();
    expect(few.total).toBe(0);
  });

  test('are counted in all alone where nobody has a token', async () => {
    const few = slots();
    for (let i = 0; i < 3; i += 1) await few.take(requestOf('acls-disabled').request);
    await expect(few.take(requestOf('acls-disabled').request)).rejects.toMatchObject({ code: 'STREAMS_FULL' });
  });
});
