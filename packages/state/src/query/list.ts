import { stateError } from '../errors.js';
import type { StateReader } from '../store/state-snapshot.js';
import type { RowIndexes, Table } from '../table/table.js';
import { orderedNumber } from '../table/table.js';
import { compileFilter } from './filter.js';

/** What a list request may ask for; the names are the API's parameters'. */
export interface ListQuery {
  /** Of the rows' keys. A list by prefix is in key order, whatever its order otherwise. */
  readonly prefix?: string;
  /** Rows at most, at least 1; absent or 0 for all. */
  readonly perPage?: number;
  /** `nextToken` of the page before. */
  readonly nextToken?: string;
  readonly reverse?: boolean;
  /** See {@link compileFilter}. */
  readonly filter?: string;
}

/** An order other than that of the keys. */
export interface ListOrder<Row extends RowIndexes> {
  /** Name of a secondary index, not unique. */
  readonly index: string;
  /** What a page token says of the row the page begins with. */
  token(row: Row, key: string): string;
  /** Where in the index that row stands, or would stand; `undefined` for a text that is no token. */
  position(token: string): string | undefined;
}

export interface ListOptions<Row extends RowIndexes> {
  /** Default: by key. */
  readonly order?: ListOrder<Row>;
  /** Which rows the caller may see at all, or has asked for by parameters of the endpoint's own. */
  readonly where?: (row: Row) => boolean;
  /** What the filter is applied to: the row as the API shows it. */
  readonly view: (row: Row) => object;
}

export interface ListPage<Row> {
  /** Index of the table. */
  readonly index: number;
  readonly rows: readonly Row[];
  /** Where the next page begins; absent on the last one. */
  readonly nextToken?: string;
}

/**
 * The order in which rows were created, equal ones by key.
 * @param index - a secondary index whose value is `orderedNumber(createIndex)`
 */
export function creationOrder<Row extends RowIndexes>(index: string): ListOrder<Row> {
  return {
    index,
    token: ({ createIndex }, key) => `${createIndex}.${key}`,
    position: (token) => {
      const [, number, key] = /^(\d{1,15})\.(.+)$/s.exec(token) ?? [];
      return number === undefined ? undefined : `${orderedNumber(Number(number))}\0${key}`;
    },
  };
}

/**
 * Reads one page of a list: the one place for prefix, filter, order and paging. Rows that came or went between two pages are
 * on the pages where they stand; none is skipped or seen twice because of it.
 * @throws FILTER_INVALID, FILTER_NOT_APPLICABLE, PAGE_TOKEN_INVALID
 */
export function readList<Row extends RowIndexes>(
  reader: StateReader,
  table: Table<Row>,
  query: ListQuery,
  options: ListOptions<Row>,
): ListPage<Row> {
  const { perPage = 0, filter } = query;
  const { where, view } = options;
  const compiled = filter === undefined || filter === '' ? undefined : compileFilter(filter);
  const order = query.prefix === undefined || query.prefix === '' ? options.order : undefined;
  const index = reader.tableIndex(table);
  const rows: Row[] = [];
  for (const row of rowsFrom(reader, table, query, order)) {
    if (where?.(row) === false || compiled?.matches(view(row)) === false) continue;
    if (perPage > 0 && rows.length === perPage) {
      const key = table.key(row);
      return { index, rows, nextToken: order === undefined ? key : order.token(row, key) };
    }
    rows.push(row);
  }
  return { index, rows };
}

function rowsFrom<Row extends RowIndexes>(
  reader: StateReader,
  table: Table<Row>,
  { prefix = '', nextToken = '', reverse = false }: ListQuery,
  order: ListOrder<Row> | undefined,
): Iterable<Row> {
  if (order === undefined) {
    return reader.range(table, { prefix, reverse, ...(nextToken === '' ? {} : { from: nextToken }) });
  }
  if (nextToken === '') return reader.ordered(table, order.index, { reverse });
  const from = order.position(nextToken);
  if (from === undefined) throw stateError({ code: 'PAGE_TOKEN_INVALID' }, 'the page token is not one of this list');
  return reader.ordered(table, order.index, { reverse, from });
}
