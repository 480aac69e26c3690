import { encodeJson } from '@steppe/domain';
import type { RowCodec } from './table.js';

/** Rows as the API writes them. */
export const wireCodec = <Row>(encode: (row: Row) => unknown, decode: (value: unknown) => Row): RowCodec<Row> => ({
  encode: (row) => encodeJson(encode(row)),
  decode: (text) => decode(JSON.parse(text)),
});
/** What rows are encoded with in place of their indexes, which are kept elsewhere. */
export const UNINDEXED = { createIndex: 0, modifyIndex: 0 };
