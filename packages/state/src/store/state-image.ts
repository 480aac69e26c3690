import type { StateImage, StoredRow, TableImage } from '../change/commit.js';
import type { Table } from '../table/table.js';
import type { TableData } from '../table/table-data.js';
import type { StateSnapshot } from './state-snapshot.js';

/** Some rows of one table. */
export interface ImagePiece extends TableImage {
  readonly table: string;
}

export interface PiecesOptions {
  /** Only these; default: all there are. */
  readonly tables?: readonly Table[];
  /** Most rows of a piece, default: all of the table. */
  readonly rows?: number;
}

/** A table's rows at rest, by key; read lazily. */
export function* storedRows(data: TableData): Generator<StoredRow> {
  for (const [key, row] of data.entries()) {
    const { createIndex, modifyIndex, ...content } = row;
    yield { key, value: data.table.codec.encode(content), createIndex, modifyIndex };
  }
}

/**
 * A state at rest, piece by piece, each made when it is asked for: all at once takes long when the state is large.
 * Every table has a piece, also one without rows.
 */
export function* imagePieces(
  snapshot: StateSnapshot,
  { tables, rows: most = Number.POSITIVE_INFINITY }: PiecesOptions = {},
): Generator<ImagePiece> {
  const names = tables === undefined ? undefined : new Set(tables.map(({ name }) => name));
  for (const data of snapshot.tables()) {
    const table = data.table.name;
    if (names?.has(table) === false) continue;
    let rows: StoredRow[] = [];
    for (const row of storedRows(data)) {
      if (rows.length === most) {
        yield { table, index: data.index, rows };
        rows = [];
      }
      rows.push(row);
    }
    yield { table, index: data.index, rows };
  }
}

/** The state that pieces are of. @param index - of the state */
export function imageOf(index: number, pieces: Iterable<ImagePiece>): StateImage {
  const tables = new Map<string, { readonly index: number; readonly rows: StoredRow[] }>();
  for (const { table, index: tableIndex, rows } of pieces) {
    const known = tables.get(table);
    if (known === undefined) tables.set(table, { index: tableIndex, rows: [...rows] });
    else for (const row of rows) known.rows.push(row);
  }
  return { index, tables };
}
