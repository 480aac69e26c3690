import type { Mutation } from '../change/commit.js';
import type { RowIndexes } from '../table/table.js';

/** Rows that mutations stand for, of those who have read them already: for when the very same mutations come back committed. */
export class RowsAtHand {
  readonly #rows = new WeakMap<Mutation, RowIndexes>();

  keep(mutation: Mutation, row: RowIndexes): void {
    this.#rows.set(mutation, row);
  }

  /** Once; `undefined` when it is not at hand, or was read as of another index. */
  take(mutation: Mutation, index: number): RowIndexes | undefined {
    const row = this.#rows.get(mutation);
    this.#rows.delete(mutation);
    return row?.modifyIndex === index ? row : undefined;
  }
}
