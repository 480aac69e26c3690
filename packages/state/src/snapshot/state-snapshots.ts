import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { StateImage, StoredRow } from '../change/commit.js';
import { stateError } from '../errors.js';
import { storedRows } from '../store/state-image.js';
import type { StateStore } from '../store/state-store.js';
import { readLines } from './line-reader.js';

/** What a snapshot holds. */
export interface SnapshotSummary {
  /** Of the format. */
  readonly version: number;
  /** Index of the state. */
  readonly index: number;
  /** Leader's term and time of making, Unix milliseconds; `undefined` where the snapshot does not tell. */
  readonly term: number | undefined;
  readonly createdMs: number | undefined;
  /** `bytes` is what a table's rows take in the snapshot. */
  readonly tables: readonly (TableHeader & { readonly bytes: number })[];
  /** Of the whole snapshot. */
  readonly bytes: number;
  /** Of everything but the last line, which holds it; hexadecimal. */
  readonly sha256: string;
}

export interface SnapshotOptions {
  readonly signal?: AbortSignal;
  /** What the snapshot tells of its making. */
  readonly made?: { readonly term: number; readonly createdMs: number };
}

interface TableHeader {
  readonly name: string;
  readonly index: number;
  readonly rows: number;
}

interface Header {
  readonly format: string;
  readonly version: number;
  readonly index: number;
  /** Not in snapshots of the first builds. */
  readonly term?: number | undefined;
  readonly createdMs?: number | undefined;
  readonly tables: readonly TableHeader[];
}
/** Position of the table in the header, then the fields of a {@link StoredRow}. */
type RowLine = readonly [table: number, key: string, createIndex: number, modifyIndex: number, value: string];

const FORMAT = 'steppe-snapshot';
const VERSION = 1;

/**
 * Writes all state to a stream, as of one index, and ends the stream. Lines of JSON: a header, a line per row, the checksum.
 * Writes meanwhile go on; they are not in it.
 */
export async function saveState(
  store: Pick<StateStore, 'snapshot'>,
  out: Writable,
  { signal, made }: SnapshotOptions = {},
): Promise<SnapshotSummary> {
  const snapshot = store.snapshot();
  const data = [...snapshot.tables()];
  const tables = data.map((each) => ({ name: each.table.name, index: each.index, rows: each.size }));
  const header: Header = { format: FORMAT, version: VERSION, index: snapshot.index, ...made, tables };
  const hash = createHash('sha256');
  let bytes = 0;
  let sha256 = '';
  const tableBytes = data.map(() => 0);
  const line = (content: unknown): Buffer => {
    const text = Buffer.from(`${JSON.stringify(content)}\n`);
    bytes += text.length;
    hash.update(text);
    return text;
  };
  function* lines(): Generator<Buffer> {
    yield line(header);
    for (const [i, each] of data.entries()) {
      for (const { key, createIndex, modifyIndex, value } of storedRows(each)) {
        const text = line([i, key, createIndex, modifyIndex, value] satisfies RowLine);
        tableBytes[i] = (tableBytes[i] ?? 0) + text.length;
        yield text;
      }
    }
    sha256 = hash.copy().digest('hex');
    yield line({ sha256 });
  }
  await pipeline(Readable.from(lines(), { objectMode: true }), out, signal === undefined ? {} : { signal });
  return summaryOf(header, { tableBytes, bytes, sha256 });
}

/**
 * Replaces all state by a snapshot's, once that has been read to the end and found whole. Rows keep their indexes; the state
 * gets an index above both.
 * @returns the new index
 * @throws STATE_SNAPSHOT_INVALID, STATE_ROW_INVALID: nothing was changed; and what a transaction throws
 */
export async function restoreState(store: StateStore, input: AsyncIterable<Uint8Array>): Promise<number> {
  const { image } = await readSnapshot(input);
  return store.replace(image);
}

/** Reads a snapshot to the end and checks it. @throws STATE_SNAPSHOT_INVALID */
export async function inspectState(input: AsyncIterable<Uint8Array>): Promise<SnapshotSummary> {
  const { summary } = await readSnapshot(input);
  return summary;
}

async function readSnapshot(
  input: AsyncIterable<Uint8Array>,
): Promise<{ image: StateImage; summary: SnapshotSummary }> {
  const hash = createHash('sha256');
  let bytes = 0;
  let header: Header | undefined;
  let rows: StoredRow[][] = [];
  const tableBytes: number[] = [];
  let sha256: string | undefined;
  for await (const line of readLines(input, (reason) => invalid(reason))) {
    if (sha256 !== undefined) throw invalid('something follows the checksum');
    bytes += line.length + 1;
    const content = parse(line);
    if (header === undefined) {
      header = readHeader(content);
      rows = header.tables.map(() => []);
    } else if (Array.isArray(content)) {
      const [table, row] = readRowLine(content);
      const target = rows[table];
      if (target === undefined) throw invalid('a row is of no table');
      target.push(row);
      tableBytes[table] = (tableBytes[table] ?? 0) + line.length + 1;
    } else {
      sha256 = hash.copy().digest('hex');
      if ((content as { sha256?: unknown }).sha256 !== sha256) throw invalid('the checksum is wrong');
    }
    hash.update(line).update('\n');
  }
  if (header === undefined || sha256 === undefined) throw invalid('it is cut short');
  const { index, tables } = header;
  if (tables.some((table, i) => rows[i]?.length !== table.rows)) throw invalid('rows are missing');
  const images = tables.map((table, i) => [table.name, { index: table.index, rows: rows[i] ?? [] }] as const);
  return { image: { index, tables: new Map(images) }, summary: summaryOf(header, { tableBytes, bytes, sha256 }) };
}

function summaryOf(
  { version, index, term, createdMs, tables }: Header,
  { tableBytes, ...read }: { readonly tableBytes: readonly number[]; readonly bytes: number; readonly sha256: string },
): SnapshotSummary {
  const sized = tables.map((table, i) => ({ ...table, bytes: tableBytes[i] ?? 0 }));
  return { version, index, term, createdMs, tables: sized, ...read };
}

function readHeader(content: unknown): Header {
  const { format, version, index, term, createdMs, tables } = content as Partial<Header>;
  if (format !== FORMAT) throw invalid('it is not a snapshot of Steppe');
  if (version !== VERSION) throw invalid(`its version is ${version}, and this Steppe knows ${VERSION}`);
  const isTable = (table: Partial<Header['tables'][number]> | null) =>
    /^[a-z][a-z0-9_]{0,62}$/.test(table?.name ?? '') && isIndex(table?.index) && isIndex(table?.rows);
  if ([term, createdMs].some((each) => each !== undefined && !isIndex(each))) throw invalid('the header is damaged');
  if (!isIndex(index) || !Array.isArray(tables) || !tables.every(isTable)) throw invalid('the header is damaged');
  return { format, version, index, term, createdMs, tables: tables as Header['tables'] };
}

function readRowLine(line: readonly unknown[]): [table: number, row: StoredRow] {
  const [table, key, createIndex, modifyIndex, value] = line;
  if (!isIndex(table) || typeof key !== 'string' || typeof value !== 'string') throw invalid('a row is damaged');
  if (!isIndex(createIndex) || !isIndex(modifyIndex)) throw invalid('a row is damaged');
  return [table, { key, value, createIndex, modifyIndex }];
}

const isIndex = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function parse(line: Buffer): object {
  let content: unknown;
  try {
    content = JSON.parse(line.toString('utf8'));
  } catch {
    content = undefined;
  }
  if (typeof content !== 'object' || content === null) throw invalid('it is not a snapshot of Steppe, or damaged');
  return content;
}

const invalid = (reason: string) =>
  stateError({ code: 'STATE_SNAPSHOT_INVALID', reason }, `the snapshot cannot be used: ${reason}`);
