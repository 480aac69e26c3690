import type { StateImage, StoredRow } from '../change/commit.js';
import type { Table } from '../table/table.js';
import type { TableData } from '../table/table-data.js';
import type { StateSnapshot } from './state-snapshot.js';

/** A table's rows at rest, by key; read lazily. */
export function* storedRows(data: TableData): Generator<StoredRow> {
  for (const [key, row] of data.entries()) {
    const { createIndex, modifyIndex, ...content } = row;
    yield { key, value: data.table.codec.encode(content), createIndex, modifyIndex };
  }
}

/** All of a state at rest, or only some of its tables. */
export function imageOf(snapshot: StateSnapshot, only?: readonly Table[]): StateImage {
  const names = only === undefined ? undefined : new Set(only.map(({ name }) => name));
  const tables = Array.from(
    [...snapshot.tables()].filter(({ table }) => names?.has(table.name) !== false),
    (data) => [data.table.name, { index: data.index, rows: [...storedRows(data)] }] as const,
  );
  return { index: snapshot.index, tables: new Map(tables) };
}
