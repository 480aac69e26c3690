import { stateError } from '../errors.js';
import type { RangeOptions } from './ordered-map.js';
import { OrderedMap } from './ordered-map.js';
import type { RowIndexes, Table, TableIndex } from './table.js';

/** A row's new content, none when it is gone. */
export interface RowChange<Row> {
  readonly key: string;
  readonly row: Row | undefined;
}

/** The rows of one table at one index, with their secondary indexes. Immutable. */
export class TableData<Row extends RowIndexes = RowIndexes> {
  readonly table: Table<Row>;
  /** Index of the newest commit that changed the table. */
  readonly index: number;
  readonly #rows: OrderedMap<Row>;
  readonly #indexes: ReadonlyMap<string, OrderedMap<Row>>;
  #all: readonly Row[] | undefined;

  private constructor(
    table: Table<Row>,
    index: number,
    rows: OrderedMap<Row>,
    indexes: ReadonlyMap<string, OrderedMap<Row>>,
  ) {
    this.table = table;
    this.index = index;
    this.#rows = rows;
    this.#indexes = indexes;
  }

  static empty<Row extends RowIndexes>(table: Table<Row>, index: number): TableData<Row> {
    const indexes = new Map(Object.keys(table.indexes).map((name) => [name, OrderedMap.empty<Row>()]));
    return new TableData(table, index, OrderedMap.empty<Row>(), indexes);
  }

  get size(): number {
    return this.#rows.size;
  }

  get(key: string): Row | undefined {
    return this.#rows.get(key);
  }

  /** All rows in key order; the same frozen array each time. */
  all(): readonly Row[] {
    this.#all ??= Object.freeze(Array.from(this.entries(), ([, row]) => row));
    return this.#all;
  }

  entries(range?: RangeOptions): Generator<[string, Row]> {
    return this.#rows.entries(range);
  }

  /** Entries of a secondary index: each position in it, and the row there. */
  indexEntries(name: string, range?: RangeOptions): Generator<[string, Row]> {
    return this.#index(name).entries(range);
  }

  /** Rows whose value in a secondary index is exactly `value`, by primary key. */
  *find(name: string, value: string): Generator<Row> {
    if (this.#definition(name).unique === true) {
      const row = this.#index(name).get(value);
      if (row !== undefined) yield row;
      return;
    }
    for (const [, row] of this.indexEntries(name, { prefix: `${value}\0` })) yield row;
  }

  /** The rows after `changes`, none of which may name the same key twice. @throws STATE_UNIQUE_VIOLATION */
  apply(changes: readonly RowChange<Row>[], index: number): TableData<Row> {
    const rows = this.#rows.change((set, remove) => {
      for (const { key, row } of changes) {
        if (row === undefined) remove(key);
        else set(key, row);
      }
    });
    const indexes = new Map<string, OrderedMap<Row>>();
    for (const [name, entries] of this.#indexes) indexes.set(name, this.#applyToIndex(name, entries, changes));
    return new TableData(this.table, index, rows, indexes);
  }

  /** The same rows, said to be of another index. */
  at(index: number): TableData<Row> {
    return index === this.index ? this : new TableData(this.table, index, this.#rows, this.#indexes);
  }

  #applyToIndex(name: string, entries: OrderedMap<Row>, changes: readonly RowChange<Row>[]): OrderedMap<Row> {
    const definition = this.#definition(name);
    return entries.change((set, remove) => {
      // First all removals: one row may take over the unique value that another gives up.
      for (const { key } of changes) {
        const before = this.#rows.get(key);
        if (before === undefined) continue;
        for (const { position } of positions(definition, key, before)) remove(position);
      }
      const taken = new Set<string>();
      for (const { key, row } of changes) {
        if (row === undefined) continue;
        for (const { position, value } of positions(definition, key, row)) {
          if (definition.unique === true) this.#demandFree(name, value, taken, changes);
          set(position, row);
        }
      }
    });
  }

  #demandFree(name: string, value: string, taken: Set<string>, changes: readonly RowChange<Row>[]): void {
    const holder = this.#index(name).get(value);
    const heldBack = holder !== undefined && !changes.some(({ key }) => this.#rows.get(key) === holder);
    if (heldBack || taken.has(value)) {
      throw stateError(
        { code: 'STATE_UNIQUE_VIOLATION', table: this.table.name, index: name, value },
        `another row of ${this.table.name} has the ${name} ${JSON.stringify(value)}`,
      );
    }
    taken.add(value);
  }

  #definition(name: string): TableIndex<Row> {
    const definition = Object.hasOwn(this.table.indexes, name) ? this.table.indexes[name] : undefined;
    if (definition === undefined) throw new RangeError(`table ${this.table.name} has no index ${name}`);
    return definition;
  }

  #index(name: string): OrderedMap<Row> {
    this.#definition(name);
    return this.#indexes.get(name) as OrderedMap<Row>;
  }
}

/** Where a row stands in an index. Rows that share a value stand behind one another, by primary key. */
function positions<Row>(definition: TableIndex<Row>, key: string, row: Row): { position: string; value: string }[] {
  const found = definition.values(row) ?? [];
  const values = typeof found === 'string' ? [found] : found;
  return values.map((value) => ({ value, position: definition.unique === true ? value : `${value}\0${key}` }));
}
