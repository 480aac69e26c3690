import { errorMessage } from '@steppe/domain';
import { stateError } from '../errors.js';

/** What every row carries: the indexes of the commits that created it and last changed it. */
export interface RowIndexes {
  readonly createIndex: number;
  readonly modifyIndex: number;
}

/** A row as it is written: the indexes come from the log. */
export type Unindexed<Row extends RowIndexes> = Omit<Row, keyof RowIndexes>;

/** Text form of rows. What `encode` writes, this and later versions must `decode`. */
export interface RowCodec<Row> {
  encode(row: Row): string;
  /** Throws on text that is no row. */
  decode(text: string): Row;
}

/** A second order of a table's rows. */
export interface TableIndex<Row> {
  /** Values to find a row by, in text order; none to leave a row out. Must depend on nothing but the row. */
  values(row: Row): string | readonly string[] | undefined;
  /** Whether a value may belong to one row only, default false. */
  readonly unique?: boolean;
}

/** A declared table: where its rows come from and how they are found. Make one with {@link defineTable}. */
export interface Table<Row extends RowIndexes = RowIndexes> {
  /** Lower case, `a-z`, `0-9` and `_`; part of what is stored. */
  readonly name: string;
  /** The primary key. Rows read in its order. */
  key(row: Unindexed<Row>): string;
  readonly codec: RowCodec<Unindexed<Row>>;
  readonly indexes: Readonly<Record<string, TableIndex<Row>>>;
  /** A field that, written as 0, stands for the index of that very write; default none. */
  readonly writeIndex?: string;
}

export type TableDefinition<Row extends RowIndexes> = Pick<Table<Row>, 'name' | 'key'> &
  Partial<Pick<Table<Row>, 'codec' | 'indexes'>> & { readonly writeIndex?: keyof Row & string };

/** Longest key, bytes: what lmdb takes, less the table's name. */
const MAX_KEY_BYTES = 1_024;

/**
 * Declares a table. Default codec: {@link jsonCodec}; default indexes: none.
 * @throws RangeError for a name that cannot be stored
 */
export function defineTable<Row extends RowIndexes>(definition: TableDefinition<Row>): Table<Row> {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(definition.name)) throw new RangeError(`no table name: ${definition.name}`);
  return Object.freeze({ codec: jsonCodec<Unindexed<Row>>(), indexes: {}, ...definition });
}

/** Rows as JSON. For rows of plain data only: `undefined` fields are left out, and dates, maps and classes are lost. */
export function jsonCodec<Row>(): RowCodec<Row> {
  return { encode: (row) => JSON.stringify(row), decode: (text) => JSON.parse(text) as Row };
}

/** Text that orders as the number does; for indexes by number, such as by `createIndex`. Integer, at least 0. */
export function orderedNumber(value: number): string {
  return value.toString(16).padStart(14, '0');
}

/** @throws STATE_KEY_INVALID */
function checkKey(table: Table, key: string): void {
  if (key !== '' && !key.includes('\0') && Buffer.byteLength(key) <= MAX_KEY_BYTES) return;
  throw stateError(
    { code: 'STATE_KEY_INVALID', table: table.name },
    `a key of ${table.name} must have 1 to ${MAX_KEY_BYTES} bytes, and no NUL`,
  );
}

/** A row that has only to be given its indexes: what costs most of a write, done before it. Make one with {@link prepareRow}. */
export interface PreparedRow<Row extends RowIndexes = RowIndexes> {
  readonly table: Table<Row>;
  readonly key: string;
  /** What is stored. */
  readonly value: string;
  /** What that is read as; frozen, but for its own fields. */
  readonly content: Unindexed<Row>;
}

/**
 * A row as it will be written. It is read back from its text, so that nobody sees what a restart would not bring back.
 * @throws STATE_KEY_INVALID
 */
export function prepareRow<Row extends RowIndexes>(table: Table<Row>, row: Unindexed<Row>): PreparedRow<Row> {
  const { createIndex: _created, modifyIndex: _modified, ...content } = row as Row;
  const key = table.key(content);
  checkKey(table, key);
  const value = table.codec.encode(content);
  return { table, key, value, content: readContent(table, key, value) };
}

/** The row a stored text stands for, frozen. @throws STATE_ROW_INVALID */
export function readRow<Row extends RowIndexes>(
  table: Table<Row>,
  { key, value, ...indexes }: RowIndexes & { readonly key: string; readonly value: string },
): Row {
  return indexedRow(table, readContent(table, key, value), indexes);
}

/** A row with its indexes, frozen. */
export function indexedRow<Row extends RowIndexes>(
  { writeIndex }: Table<Row>,
  content: Unindexed<Row>,
  { createIndex, modifyIndex }: RowIndexes,
): Row {
  // The compiler does not see that a row without its indexes and its indexes are a row.
  const row = { ...content, createIndex, modifyIndex } as Unindexed<Row> & RowIndexes as Row;
  const fields = row as Record<string, unknown>;
  if (writeIndex !== undefined && fields[writeIndex] === 0) fields[writeIndex] = modifyIndex;
  return Object.freeze(row);
}

function readContent<Row extends RowIndexes>(table: Table<Row>, key: string, value: string): Unindexed<Row> {
  try {
    const content = table.codec.decode(value);
    for (const field of Object.values(content)) deepFreeze(field);
    return content;
  } catch (error) {
    // A syntax error quotes the text, which may hold a secret.
    const isQuote = error instanceof SyntaxError;
    throw stateError(
      { code: 'STATE_ROW_INVALID', table: table.name, key },
      `row ${key} of ${table.name} cannot be read: ${isQuote ? 'it is not JSON' : errorMessage(error)}`,
      isQuote ? undefined : error,
    );
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  // Bytes cannot be frozen.
  if (ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) for (const item of value) deepFreeze(item);
  // Faster than a list of the values; there are only own ones.
  else for (const key in value) deepFreeze(value[key]);
  return Object.freeze(value);
}

/** A stored table that nobody here declared: its rows are kept and copied as they are. */
export function undeclaredTable(name: string): Table {
  const texts = { encode: ({ text }: { text: string }) => text, decode: (text: string) => ({ text }) };
  return { name, key: () => '', codec: texts, indexes: {} };
}
