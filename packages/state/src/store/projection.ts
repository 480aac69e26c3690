import type { Commit, Mutation, StateImage } from '../change/commit.js';
import { EMPTY_IMAGE } from '../change/commit.js';
import type { EngineSink } from '../engine/state-engine.js';
import type { RowIndexes, Table } from '../table/table.js';
import { readRow, undeclaredTable } from '../table/table.js';
import type { RowChange } from '../table/table-data.js';
import { TableData } from '../table/table-data.js';
import { RowsAtHand } from './rows-at-hand.js';
import { rowId } from './state-draft.js';
import { StateSnapshot } from './state-snapshot.js';

/** What a {@link Projection} tells after it has changed. */
export interface ProjectionListener {
  /** @param changed - names of the tables, and ids of the rows */
  didCommit(commit: Commit, changed: ReadonlySet<string>): void;
  didReset(): void;
}

/** The tables that a log leads to: the same log gives the same tables, wherever it is read. */
export class Projection implements EngineSink {
  /** Rows of commits that were made here. */
  readonly atHand = new RowsAtHand();
  readonly #listener: ProjectionListener;
  readonly #declared: readonly Table[];
  #tables: ReadonlyMap<string, TableData>;
  #snapshot: StateSnapshot;

  constructor(tables: readonly Table[], listener: ProjectionListener) {
    this.#declared = tables;
    this.#listener = listener;
    const names = new Set(tables.map(({ name }) => name));
    if (names.size !== tables.length) throw new RangeError('two tables have the same name');
    this.#tables = this.#load(EMPTY_IMAGE);
    this.#snapshot = new StateSnapshot(EMPTY_IMAGE.index, this.#tables);
  }

  get tables(): ReadonlyMap<string, TableData> {
    return this.#tables;
  }

  get snapshot(): StateSnapshot {
    return this.#snapshot;
  }

  /** @throws STATE_ROW_INVALID, and then changes nothing */
  reset(image: StateImage): void {
    this.#tables = this.#load(image);
    this.#snapshot = new StateSnapshot(image.index, this.#tables);
    this.#listener.didReset();
  }

  /** @throws STATE_ROW_INVALID, and then changes nothing */
  commit(commit: Commit): void {
    const { index, mutations } = commit;
    const changed = new Set<string>();
    const byTable = new Map<string, RowChange<RowIndexes>[]>();
    for (const mutation of mutations) {
      const { key } = mutation;
      const table = this.#tables.get(mutation.table)?.table ?? undeclaredTable(mutation.table);
      const changes = byTable.get(table.name) ?? [];
      byTable.set(table.name, changes);
      changes.push({ key, row: mutation.op === 'delete' ? undefined : this.#read(table, mutation, index) });
      changed.add(table.name).add(rowId(table.name, key));
    }
    const tables = new Map(this.#tables);
    for (const [name, changes] of byTable) {
      const data = tables.get(name) ?? TableData.empty(undeclaredTable(name), index);
      tables.set(name, data.apply(changes, index));
    }
    this.#tables = tables;
    this.#snapshot = new StateSnapshot(index, tables);
    this.#listener.didCommit(commit, changed);
  }

  #read(table: Table, put: Mutation & { readonly op: 'put' }, index: number): RowIndexes {
    const { key, value } = put;
    const createIndex = put.createIndex === 0 ? index : put.createIndex;
    return this.atHand.take(put, index) ?? readRow(table, { key, value, createIndex, modifyIndex: index });
  }

  #load(image: StateImage): ReadonlyMap<string, TableData> {
    const names = new Set(this.#declared.map(({ name }) => name));
    const undeclared = [...image.tables.keys()].filter((name) => !names.has(name)).map(undeclaredTable);
    const load = (table: Table): [string, TableData] => {
      const { index, rows } = image.tables.get(table.name) ?? { index: EMPTY_IMAGE.index, rows: [] };
      const changes = rows.map((stored) => ({ key: stored.key, row: readRow(table, stored) }));
      return [table.name, TableData.empty(table, index).apply(changes, index)];
    };
    return new Map([...this.#declared, ...undeclared].map(load));
  }
}
