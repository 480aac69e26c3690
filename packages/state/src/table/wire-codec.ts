import type { WireSchema } from '@steppe/domain';
import { encodeJson } from '@steppe/domain';
import type { RowCodec, RowIndexes, Unindexed } from './table.js';

/** Rows as the API writes them. */
export const wireCodec = <Row>(encode: (row: Row) => unknown, decode: (value: unknown) => Row): RowCodec<Row> => ({
  encode: (row) => encodeJson(encode(row)),
  decode: (text) => decode(JSON.parse(text)),
});

/**
 * Rows as a schema describes them.
 * @param name - what to call a row in errors
 * @param options.sparse - whether zero values are left out, which must be what the schema takes absent fields for
 */
export const schemaCodec = <Row extends RowIndexes>(
  schema: WireSchema<Row>,
  name: string,
  { sparse = false }: { readonly sparse?: boolean } = {},
): RowCodec<Unindexed<Row>> => ({
  encode: (row) => {
    const unindexed = { ...row, ...UNINDEXED } as unknown as Row;
    return sparse ? schema.writeSparse(unindexed) : schema.write(unindexed);
  },
  decode: (text) => schema.decode(JSON.parse(text), name),
});

/** What rows are encoded with in place of their indexes, which are kept elsewhere. */
export const UNINDEXED = { createIndex: 0, modifyIndex: 0 };
