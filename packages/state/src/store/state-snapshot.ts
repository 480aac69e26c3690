import type { RangeOptions } from '../table/ordered-map.js';
import type { RowIndexes, Table } from '../table/table.js';
import type { TableData } from '../table/table-data.js';

/** Reads of a state that stands still. Rows are frozen. */
export interface StateReader {
  /** Index of the newest commit in it. */
  readonly index: number;
  /** Index of the newest commit that changed a table. */
  tableIndex(table: Table): number;
  get<Row extends RowIndexes>(table: Table<Row>, key: string): Row | undefined;
  /** All rows in key order; the same array until one changes. */
  rows<Row extends RowIndexes>(table: Table<Row>): readonly Row[];
  /** Rows by key; read lazily. */
  range<Row extends RowIndexes>(table: Table<Row>, range?: RangeOptions): Iterable<Row>;
  /** Rows with exactly this value in a secondary index, by key. */
  find<Row extends RowIndexes>(table: Table<Row>, index: string, value: string): Iterable<Row>;
  /** Rows in the order of a secondary index: by its values, equal ones by key. Prefix and start are of index positions. */
  ordered<Row extends RowIndexes>(table: Table<Row>, index: string, range?: RangeOptions): Iterable<Row>;
  count(table: Table): number;
}

/** The tables at one index. A snapshot costs nothing and never changes. */
export class StateSnapshot implements StateReader {
  readonly index: number;
  readonly #tables: ReadonlyMap<string, TableData>;

  constructor(index: number, tables: ReadonlyMap<string, TableData>) {
    this.index = index;
    this.#tables = tables;
  }

  tableIndex(table: Table): number {
    return this.#data(table).index;
  }

  get<Row extends RowIndexes>(table: Table<Row>, key: string): Row | undefined {
    return this.#data(table).get(key);
  }

  rows<Row extends RowIndexes>(table: Table<Row>): readonly Row[] {
    return this.#data(table).all();
  }

  *range<Row extends RowIndexes>(table: Table<Row>, range?: RangeOptions): Iterable<Row> {
    for (const [, row] of this.#data(table).entries(range)) yield row;
  }

  find<Row extends RowIndexes>(table: Table<Row>, index: string, value: string): Iterable<Row> {
    return this.#data(table).find(index, value);
  }

  *ordered<Row extends RowIndexes>(table: Table<Row>, index: string, range?: RangeOptions): Iterable<Row> {
    for (const [, row] of this.#data(table).indexEntries(index, range)) yield row;
  }

  count(table: Table): number {
    return this.#data(table).size;
  }

  /** Every table there is, those that only the storage knows included. */
  tables(): Iterable<TableData> {
    return this.#tables.values();
  }

  #data<Row extends RowIndexes>(table: Table<Row>): TableData<Row> {
    const data = this.#tables.get(table.name);
    if (data?.table !== (table as Table)) throw new RangeError(`table ${table.name} is not one of this store's`);
    return data as unknown as TableData<Row>;
  }
}
