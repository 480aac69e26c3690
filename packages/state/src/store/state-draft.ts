import type { Mutation } from '../change/commit.js';
import { mutationBytes } from '../change/commit.js';
import type { RangeOptions } from '../table/ordered-map.js';
import type { PreparedRow, RowIndexes, Table, Unindexed } from '../table/table.js';
import { indexedRow, prepareRow } from '../table/table.js';
import type { RowChange, TableData } from '../table/table-data.js';
import type { StateReader } from './state-snapshot.js';
import { StateSnapshot } from './state-snapshot.js';

/** A transaction at work: reads see its own writes. */
export interface StateTransaction extends StateReader {
  /**
   * The index this transaction is going to have. With etcd a guess, which is too low when others use the same cluster:
   * good for information, not as a key.
   */
  readonly index: number;
  /**
   * Adds or replaces a row; its indexes are set here, whatever `row` has in their place.
   * @throws STATE_KEY_INVALID, STATE_UNIQUE_VIOLATION
   */
  put<Row extends RowIndexes>(table: Table<Row>, row: Unindexed<Row>): void;
  /** The same, of what `prepareRow` has made before the transaction. @throws STATE_UNIQUE_VIOLATION */
  putPrepared<Row extends RowIndexes>(prepared: PreparedRow<Row>): void;
  /** @returns whether there was such a row */
  delete(table: Table, key: string): boolean;
}

/** Rows are told apart by table and key; neither has a NUL. */
export const rowId = (table: string, key: string): string => `${table}\0${key}`;

/** The state as it would be after the transactions of a group, and what to write for that. */
export class StateDraft implements StateTransaction {
  readonly index: number;
  readonly #tables: Map<string, TableData>;
  readonly #mutations = new Map<string, Mutation>();
  readonly #before: StateSnapshot;
  /** What has been written and is not in the tables yet, by table and key: many rows go in faster together. */
  readonly #pending = new Map<string, Map<string, RowChange<RowIndexes>>>();
  #snapshot: StateSnapshot;

  constructor(index: number, tables: ReadonlyMap<string, TableData>) {
    this.index = index;
    this.#tables = new Map(tables);
    this.#before = new StateSnapshot(index, tables);
    this.#snapshot = new StateSnapshot(index, this.#tables);
  }

  /** A draft on top of this one, for the next transaction of the group. */
  next(): StateDraft {
    return new StateDraft(this.index, this.tables);
  }

  /** As they would be then. */
  get tables(): ReadonlyMap<string, TableData> {
    for (const name of this.#pending.keys()) this.#settle(name);
    return this.#tables;
  }

  get mutations(): readonly Mutation[] {
    return [...this.#mutations.values()];
  }

  get bytes(): number {
    return this.mutations.reduce((sum, mutation) => sum + mutationBytes(mutation), 0);
  }

  put<Row extends RowIndexes>(table: Table<Row>, row: Unindexed<Row>): void {
    this.putPrepared(prepareRow(table, row));
  }

  putPrepared<Row extends RowIndexes>({ table, key, value, content }: PreparedRow<Row>): void {
    const id = rowId(table.name, key);
    const earlier = this.#mutations.get(id);
    const existing = this.get(table, key);
    // A row that this very transaction made is still new; one that it deleted begins anew.
    const createIndex = earlier?.op === 'put' ? earlier.createIndex : (existing?.createIndex ?? 0);
    const indexes = { createIndex: createIndex === 0 ? this.index : createIndex, modifyIndex: this.index };
    this.#apply(table, key, indexedRow(table, content, indexes));
    this.#mutations.set(id, { op: 'put', table: table.name, key, value, createIndex });
  }

  delete(table: Table, key: string): boolean {
    if (this.get(table, key) === undefined) return false;
    const id = rowId(table.name, key);
    this.#apply(table, key, undefined);
    // A row that was not there before is as if it had never been.
    if (this.#before.get(table, key) === undefined) this.#mutations.delete(id);
    else this.#mutations.set(id, { op: 'delete', table: table.name, key });
    return true;
  }

  tableIndex(table: Table): number {
    return this.#settled(table).tableIndex(table);
  }

  get<Row extends RowIndexes>(table: Table<Row>, key: string): Row | undefined {
    const change = this.#pending.get(table.name)?.get(key);
    return change === undefined ? this.#snapshot.get(table, key) : (change.row as Row | undefined);
  }

  rows<Row extends RowIndexes>(table: Table<Row>): readonly Row[] {
    return this.#settled(table).rows(table);
  }

  range<Row extends RowIndexes>(table: Table<Row>, range?: RangeOptions): Iterable<Row> {
    return this.#settled(table).range(table, range);
  }

  find<Row extends RowIndexes>(table: Table<Row>, index: string, value: string): Iterable<Row> {
    return this.#settled(table).find(table, index, value);
  }

  ordered<Row extends RowIndexes>(table: Table<Row>, index: string, range?: RangeOptions): Iterable<Row> {
    return this.#settled(table).ordered(table, index, range);
  }

  count(table: Table): number {
    return this.#settled(table).count(table);
  }

  #apply<Row extends RowIndexes>(table: Table<Row>, key: string, row: RowIndexes | undefined): void {
    let changes = this.#pending.get(table.name);
    if (changes === undefined) this.#pending.set(table.name, (changes = new Map()));
    changes.set(key, { key, row });
    // That a value is taken is told to whoever writes it.
    if (Object.values(table.indexes).some(({ unique }) => unique === true)) this.#settle(table.name);
  }

  #settled<Row extends RowIndexes>(table: Table<Row>): StateSnapshot {
    this.#settle(table.name);
    return this.#snapshot;
  }

  #settle(name: string): void {
    const changes = this.#pending.get(name);
    if (changes === undefined) return;
    this.#pending.delete(name);
    const data = this.#tables.get(name) as TableData;
    this.#tables.set(name, data.apply([...changes.values()], this.index));
    // Whoever still reads lazily from before goes on with what was there.
    this.#snapshot = new StateSnapshot(this.index, this.#tables);
  }
}
