import { describe, expect, test } from '@jest/globals';
import { LogTail } from './log-tail.js';

const commit = (index: number, value = '') => ({
  index,
  mutations: [{ op: 'put' as const, table: 't', key: 'k', value, createIndex: 0 }],
});

describe('LogTail', () => {
  test('keeps the newest commits, and says of older ones that they are gone', () => {
    const tail = new LogTail(1, { commits: 2, bytes: 1_000_000 });
    const dropped = [2, 4, 5, 7, 8].flatMap((index) => tail.add(commit(index)));
    expect(dropped).toEqual([2, 4, 5]);
    expect(tail.after(4)).toBeUndefined();
    expect(tail.after(5)?.map(({ index }) => index)).toEqual([7, 8]);
    expect(tail.after(6)?.map(({ index }) => index)).toEqual([7, 8]);
    expect(tail.after(7)?.map(({ index }) => index)).toEqual([8]);
    expect(tail.after(9)).toEqual([]);
  });

  test('commits that are large push out more of the others', () => {
    const tail = new LogTail(1, { commits: 100, bytes: 1_000 });
    for (let index = 2; index < 6; index += 1) tail.add(commit(index));
    expect(tail.add(commit(6, 'x'.repeat(2_000)))).toEqual([2, 3, 4, 5, 6]);
    expect(tail.after(6)).toEqual([]);
  });

  test('begins anew after a reset', () => {
    const tail = new LogTail(1);
    tail.add(commit(2));
    tail.reset(9);
    expect(tail.after(8)).toBeUndefined();
    expect(tail.after(9)).toEqual([]);
  });
});
