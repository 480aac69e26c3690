import type { Mutation } from '../change/commit.js';
import type { EngineLimits } from '../engine/state-engine.js';
import { stateError } from '../errors.js';
import type { TableData } from '../table/table-data.js';
import { StateDraft, rowId } from './state-draft.js';

/** Transactions that are committed together. */
export class GroupDraft {
  readonly index: number;
  readonly base: ReadonlyMap<string, TableData>;
  readonly #limits: EngineLimits;
  readonly #written = new Set<string>();
  #head: StateDraft;
  #bytes = 0;
  readonly mutations: Mutation[] = [];

  /** @param base - the tables it is on top of */
  constructor(index: number, base: ReadonlyMap<string, TableData>, limits: EngineLimits) {
    this.index = index;
    this.base = base;
    this.#head = new StateDraft(index, base);
    this.#limits = limits;
  }

  /** The tables after it, if it is committed right on top of its base, and with its index. */
  get tables(): ReadonlyMap<string, TableData> {
    return this.#head.tables;
  }

  next(): StateDraft {
    return this.#head.next();
  }

  /**
   * Adds a transaction, unless it belongs into the next group: because there is no room left, or because it changes a row
   * that this group has changed. Rows of two commits have two indexes, which is what check-and-set goes by.
   */
  take(draft: StateDraft): boolean {
    const { mutations, bytes } = draft;
    const ids = mutations.map(({ table, key }) => rowId(table, key));
    const isFirst = this.mutations.length === 0;
    const isFull =
      this.mutations.length + mutations.length > this.#limits.mutations || this.#bytes + bytes > this.#limits.bytes;
    if (!isFirst && (isFull || ids.some((id) => this.#written.has(id)))) return false;
    for (const id of ids) this.#written.add(id);
    this.mutations.push(...mutations);
    this.#bytes += bytes;
    this.#head = draft;
    return true;
  }
}

/** @throws STATE_TRANSACTION_TOO_LARGE */
export function demandWithin({ mutations, bytes }: StateDraft, limits: EngineLimits): void {
  for (const [unit, size] of [['mutations', mutations.length] as const, ['bytes', bytes] as const]) {
    const limit = limits[unit];
    if (size <= limit) continue;
    throw stateError(
      { code: 'STATE_TRANSACTION_TOO_LARGE', size, limit, unit },
      `a transaction of ${size} ${unit} is more than the ${limit} that can be committed at once; make it several`,
    );
  }
}
