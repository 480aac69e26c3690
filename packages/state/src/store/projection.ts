import type { Commit, Mutation, StateImage } from '../change/commit.js';
import { EMPTY_IMAGE } from '../change/commit.js';
import type { EngineSink } from '../engine/state-engine.js';
import type { RowIndexes, Table } from '../table/table.js';
import { readRow, undeclaredTable } from '../table/table.js';
import type { RowChange } from '../table/table-data.js';
import { TableData } from '../table/table-data.js';
import type { GroupDraft } from './group-draft.js';
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
  readonly #listener: ProjectionListener;
  readonly #declared: readonly Table[];
  #tables: ReadonlyMap<string, TableData>;
  #snapshot: StateSnapshot;
  #expected: GroupDraft | undefined;

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

  /** A commit of this draft is going to come, most likely: what it leads to need not be worked out twice. */
  expect(draft: GroupDraft): void {
    this.#expected = draft;
  }

  /** @throws STATE_ROW_INVALID, and then changes nothing */
  commit(commit: Commit): void {
    const { index, mutations } = commit;
    const after = this.#drafted(commit) ?? this.#changed(commit);
    const changed = new Set<string>();
    const tables = new Map(this.#tables);
    for (const { table, key } of mutations) {
      const data = after.get(table);
      if (data !== undefined) tables.set(table, data);
      changed.add(table).add(rowId(table, key));
    }
    this.#tables = tables;
    this.#snapshot = new StateSnapshot(index, tables);
    this.#listener.didCommit(commit, changed);
  }

  /** The tables after a commit that was drafted here, on top of what is still the newest state. */
  #drafted({ index, mutations }: Commit): ReadonlyMap<string, TableData> | undefined {
    const expected = this.#expected;
    this.#expected = undefined;
    const isSame = expected?.mutations === mutations && expected.index === index && expected.base === this.#tables;
    return isSame ? expected.tables : undefined;
  }

  /** The tables that a commit changes, after it. */
  #changed({ index, mutations }: Commit): ReadonlyMap<string, TableData> {
    const byTable = new Map<string, RowChange<RowIndexes>[]>();
    for (const mutation of mutations) {
      const { key } = mutation;
      const table = this.#tables.get(mutation.table)?.table ?? undeclaredTable(mutation.table);
      const changes = byTable.get(table.name) ?? [];
      byTable.set(table.name, changes);
      changes.push({ key, row: mutation.op === 'delete' ? undefined : rowOf(table, mutation, index) });
    }
    const tables = new Map<string, TableData>();
    for (const [name, changes] of byTable) {
      const data = this.#tables.get(name) ?? TableData.empty(undeclaredTable(name), index);
      tables.set(name, data.apply(changes, index));
    }
    return tables;
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

function rowOf(
  table: Table,
  { key, value, createIndex }: Mutation & { readonly op: 'put' },
  index: number,
): RowIndexes {
  return readRow(table, { key, value, createIndex: createIndex === 0 ? index : createIndex, modifyIndex: index });
}
