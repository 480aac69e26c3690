import { describe, expect, test } from '@jest/globals';
import type { QueryAnswer } from './query-collector.js';
import { QueryCollector } from './query-collector.js';

function newCollector({ numNodes = 2, ackRequested = true } = {}) {
  let closes = 0;
  const query = new QueryCollector({ lTime: 1, id: 7, numNodes, ackRequested, onClose: () => void (closes += 1) });
  return { query, closes: () => closes };
}

const ack = (from: string): QueryAnswer => ({ type: 'ack', from });
const response = (from: string): QueryAnswer => ({ type: 'response', from, payload: Buffer.from(from) });

describe('QueryCollector', () => {
  test('acks and responses count once each per member, and no more than there are members', () => {
    const { query } = newCollector({ numNodes: 2 });
    expect(query.accept(ack('a'))).toBe('accepted');
    expect(query.accept(ack('a'))).toBe('duplicate');
    expect(query.accept(response('a'))).toBe('accepted');
    expect(query.accept(response('a'))).toBe('duplicate');
    expect(query.accept(ack('b'))).toBe('accepted');
    expect(query.accept(ack('c'))).toBe('surplus');
  });

  test.each([
    [true, [ack('a'), response('a'), response('b'), ack('b')]],
    [false, [response('a'), response('b')]],
  ])('acks asked: %s: it is over when everybody answered', async (ackRequested, answers) => {
    const { query, closes } = newCollector({ ackRequested });
    answers.slice(0, -1).forEach((answer) => query.accept(answer));
    expect(closes()).toBe(0);
    query.accept(answers.at(-1) as QueryAnswer);
    expect(closes()).toBe(1);
    expect((await query.done).responses).toEqual(
      new Map([
        ['a', Buffer.from('a')],
        ['b', Buffer.from('b')],
      ]),
    );
  });

  test('each iteration sees every answer, early and late ones, and ends with the query', async () => {
    const { query } = newCollector();
    query.accept(ack('a'));
    const seen = (async () => {
      const answers: QueryAnswer[] = [];
      for await (const answer of query) answers.push(answer);
      return answers;
    })();
    await Promise.resolve();
    query.accept(response('a'));
    query.close();
    expect(await seen).toEqual([ack('a'), response('a')]);
    const again: QueryAnswer[] = [];
    for await (const answer of query) again.push(answer);
    expect(again).toHaveLength(2);
  });

  test('closing twice ends it once, and later answers do not count', async () => {
    const { query, closes } = newCollector();
    query.close();
    query.close();
    expect(query.accept(ack('a'))).toBe('closed');
    expect(closes()).toBe(1);
    expect(await query.done).toEqual({ acks: [], responses: new Map() });
  });
});
