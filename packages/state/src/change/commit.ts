/**
 * One change of one row, as the log holds it.
 * `createIndex` is that of the row being replaced, 0 for a row that is new: its create index is the commit's own.
 */
export type Mutation =
  | {
      readonly op: 'put';
      readonly table: string;
      readonly key: string;
      /** The row as its table's codec writes it, without the indexes. */
      readonly value: string;
      readonly createIndex: number;
    }
  | { readonly op: 'delete'; readonly table: string; readonly key: string };

/** An entry of the ordered log: changes that happened together. No row occurs twice. */
export interface Commit {
  /** Larger than that of every earlier commit. */
  readonly index: number;
  readonly mutations: readonly Mutation[];
}

/** A row at rest. */
export interface StoredRow {
  readonly key: string;
  readonly value: string;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

/** A whole state at one index. */
export interface StateImage {
  readonly index: number;
  /** By name; a table that never had a row may be missing. */
  readonly tables: ReadonlyMap<string, TableImage>;
}

export interface TableImage {
  /** Index of the newest commit that changed the table. */
  readonly index: number;
  /** In no particular order. */
  readonly rows: readonly StoredRow[];
}

/** An empty state starts at 1, so that "index greater than 0" always means "I have seen something". */
export const FIRST_INDEX = 1;

export const EMPTY_IMAGE: StateImage = Object.freeze({ index: FIRST_INDEX, tables: new Map() });

/** Bytes a mutation takes in the log, about. */
export function mutationBytes(mutation: Mutation): number {
  const value = mutation.op === 'put' ? Buffer.byteLength(mutation.value) : 0;
  return mutation.table.length + Buffer.byteLength(mutation.key) + value + 32;
}
