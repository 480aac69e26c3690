import { describe, expect, test } from '@jest/globals';
import { defineTable, prepareRow, readRow } from './table.js';

interface Thing {
  readonly id: string;
  readonly parts: readonly string[];
  readonly createIndex: number;
  readonly modifyIndex: number;
}

const things = defineTable<Thing>({ name: 'things', key: ({ id }) => id });
const stored = (value: string) => ({ key: 'a', value, createIndex: 3, modifyIndex: 5 });

describe('a stored row', () => {
  test('is read with its indexes, and frozen to the last list', () => {
    const row = readRow(things, stored('{"id":"a","parts":["b"]}'));
    expect(row).toEqual({ id: 'a', parts: ['b'], createIndex: 3, modifyIndex: 5 });
    expect([Object.isFrozen(row), Object.isFrozen(row.parts)]).toEqual([true, true]);
  });

  test('that is damaged is named by table and key, and nothing of its text is told', () => {
    const [secret, damaged] = ['hunter2', '{"id":"hunter2'];
    let failure: unknown;
    try {
      readRow(things, stored(damaged));
    } catch (error) {
      failure = error;
    }
    expect(failure).toMatchObject({
      detail: { code: 'STATE_ROW_INVALID', table: 'things', key: 'a' },
      message: 'row a of things cannot be read: it is not JSON',
    });
    expect((failure as Error).cause).toBeUndefined();
    expect(JSON.stringify(failure)).not.toContain(secret);
  });

  test('whose codec does not take it tells what the codec says', () => {
    const codec = {
      encode: () => '',
      decode: () => {
        throw new TypeError('no thing');
      },
    };
    expect(() => readRow({ ...things, codec }, stored('{}'))).toThrow('row a of things cannot be read: no thing');
  });
});

test('a field may stand for the index of the write that set it to nothing', () => {
  const stamped = defineTable<Thing & { readonly changedAt: number }>({
    name: 'stamped',
    key: ({ id }) => id,
    writeIndex: 'changedAt',
  });
  expect(readRow(stamped, stored('{"id":"a","parts":[],"changedAt":0}')).changedAt).toBe(5);
  expect(readRow(stamped, stored('{"id":"a","parts":[],"changedAt":4}')).changedAt).toBe(4);
});

test('a row that is prepared is what will be read, apart from its indexes', () => {
  const row = { id: 'a', parts: ['b'], createIndex: 8, modifyIndex: 9 };
  expect(prepareRow(things, row)).toEqual({
    table: things,
    key: 'a',
    value: '{"id":"a","parts":["b"]}',
    content: { id: 'a', parts: ['b'] },
  });
  expect(() => prepareRow(things, { id: '', parts: [] })).toThrow('a key of things must have 1 to 1024 bytes');
});

test.each(['', 'Things', '1st', 'a-b', 'x'.repeat(64)])('no table is called %j', (name) => {
  expect(() => defineTable<Thing>({ name, key: ({ id }) => id })).toThrow(`no table name: ${name}`);
});
