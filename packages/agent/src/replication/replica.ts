import type { Logger } from '@steppe/runtime';
import type { RowIndexes, StateReader, StateStore, Table, Unindexed } from '@steppe/state';
import type { RegionReads } from './region-reads.js';

/** Rows that every region has a copy of. */
export interface SharedRows<Row extends RowIndexes> {
  /** What they are called in the log. */
  readonly what: string;
  readonly table: Table<Row>;
  readonly listPath: string;
  readonly decode: (value: unknown) => Row;
  /** Path of the whole of a row, by its key; `undefined` where the list has it. */
  readonly fetchPath: ((key: string) => string) | undefined;
  /** Differs when what is in two rows does. */
  readonly hashOf: (row: Row) => string;
  /** Whether a row is shared; another stays where it is. */
  readonly isShared: (row: Row) => boolean;
  /** Whether something here needs the row of that key: it is not deleted then. */
  readonly isUsed: (reader: StateReader, key: string) => boolean;
}

export interface ReplicaDeps {
  /** Of the region that owns the rows. */
  readonly source: Pick<RegionReads, 'get' | 'demandManagement'>;
  readonly state: StateStore;
  readonly logger: Logger;
}

/** Rows written together: all of them within what one commit of any engine takes. */
const BATCH = 100;

/** A copy of another region's rows. */
export interface Replica {
  readonly what: string;
  /** Waits for news beyond an index and takes them over. @returns the index they are at */
  copy(after: number, deps: ReplicaDeps, signal: AbortSignal): Promise<number>;
}

/** Takes over what differs here, and deletes what is gone there. */
export class TableReplica<Row extends RowIndexes> implements Replica {
  readonly what: string;
  readonly #shared: SharedRows<Row>;

  constructor(shared: SharedRows<Row>) {
    this.what = shared.what;
    this.#shared = shared;
  }

  async copy(after: number, deps: ReplicaDeps, signal: AbortSignal): Promise<number> {
    const { table, listPath, decode, hashOf, isShared } = this.#shared;
    const { source, state, logger } = deps;
    const { value, index } = await source.get(`${listPath}?index=${after}`, signal);
    if (!Array.isArray(value)) throw new Error(`${listPath}: not a list`);
    const byKey = (rows: readonly Row[]): ReadonlyMap<string, Row> =>
      new Map(rows.filter(isShared).map((row) => [table.key(row), row]));
    const theirs = byKey(value.map(decode));
    const ours = byKey(state.snapshot().rows(table));
    const isSame = (one: Row, other: Row | undefined): boolean => other !== undefined && hashOf(one) === hashOf(other);
    const changed = [...theirs.values()].filter((row) => !isSame(row, ours.get(table.key(row))));
    const gone = [...ours.keys()].filter((key) => !theirs.has(key));
    // Another token may not see everything: what it does not see is not gone.
    if (gone.length > 0) await source.demandManagement(signal);
    const deleted = await this.#delete(gone, deps);
    await this.#put(changed, deps, signal);
    if (deleted + changed.length > 0) {
      logger.info('replicated', { what: this.what, changed: changed.length, deleted });
    }
    // One that went back begins anew.
    return index < after ? 0 : index;
  }

  async #put(rows: readonly Row[], { source, state }: ReplicaDeps, signal: AbortSignal): Promise<void> {
    const { table, fetchPath, decode } = this.#shared;
    for (const batch of batches(rows)) {
      const whole: Unindexed<Row>[] = [];
      for (const row of batch) {
        whole.push(fetchPath === undefined ? row : decode((await source.get(fetchPath(table.key(row)), signal)).value));
      }
      await state.transact((tx) => {
        for (const row of whole) tx.put(table, row);
      });
    }
  }

  /** @returns how many */
  async #delete(keys: readonly string[], { state, logger }: ReplicaDeps): Promise<number> {
    const { table, isUsed } = this.#shared;
    const kept: string[] = [];
    for (const batch of batches(keys)) {
      const { value: used } = await state.transact((tx) => {
        const needed = new Set(batch.filter((key) => isUsed(tx, key)));
        for (const key of batch) if (!needed.has(key)) tx.delete(table, key);
        return needed;
      });
      kept.push(...used);
    }
    // The list is compared again when it changes, or else when a wait for that has been long enough.
    if (kept.length > 0) logger.warn('not deleted: still used in this region', { what: this.what, names: kept });
    return keys.length - kept.length;
  }
}

function batches<T>(items: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / BATCH) }, (_, i) => items.slice(i * BATCH, (i + 1) * BATCH));
}
