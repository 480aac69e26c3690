import { defineTable } from '../../../table/table.js';

/** What the crash test writes: each transaction adds a pair of rows, `x/<n>` and `y/<n>`, and drops an old one. */
export interface Half {
  readonly id: string;
  readonly n: number;
  readonly filling: string;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

export const HALVES = defineTable<Half>({ name: 'halves', key: ({ id }) => id });

/** How many pairs stay. */
export const PAIRS_KEPT = 2_000;
