import { errorMessage } from '@steppe/domain';
import type { Database, RootDatabase } from 'lmdb';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open as openFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { stateError } from '../../errors.js';

/** Version of what is written; an older one is read by all later versions. */
const FORMAT = 'steppe-state 1';
const FILE = 'state.mdb';
/** Where and how the first page of an LMDB file says what it is. */
const MAGIC_OFFSET = 24;
const MAGIC = Buffer.from('dec0efbe', 'hex');

/** One database file with the three parts of a state. All values are text. */
export interface LmdbStorage {
  readonly root: RootDatabase<string, string>;
  /** `format`, `index`, and `table/<name>`: the index of a table. */
  readonly meta: Database<string, string>;
  /** `<table>/<key>`: an envelope with the row. */
  readonly rows: Database<string, string>;
  /** By index: the mutations of a commit, as JSON. */
  readonly log: Database<string, number>;
}

/**
 * Opens, or creates, the storage in a folder.
 * @throws STATE_FORMAT_UNSUPPORTED, STATE_STORAGE_FAILED
 */
export async function openLmdb(folder: string): Promise<LmdbStorage> {
  const file = join(folder, FILE);
  // Native and large: loaded only by agents that keep their state here.
  const { open } = await import('lmdb');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await rm(compactedFile(folder), { force: true });
  await demandLmdbFile(file);
  let root: RootDatabase<string, string>;
  try {
    root = open<string, string>({ path: file, noSubdir: true, maxDbs: 4, encoding: 'string' });
  } catch (error) {
    const message = errorMessage(error);
    throw stateError({ code: 'STATE_STORAGE_FAILED' }, `${file} cannot be opened: ${message}`, error);
  }
  try {
    const names = [...root.getKeys()].map(String);
    if (names.length > 0 && !names.includes('meta')) throw foreign(file, 'another database');
    const meta = root.openDB<string, string>({ name: 'meta', encoding: 'string' });
    const format = meta.get('format');
    if (format === undefined && names.length > 0 && meta.getCount() > 0) throw foreign(file, 'another database');
    if (format !== undefined && format !== FORMAT) throw unsupported(file, format);
    const rows = root.openDB<string, string>({ name: 'rows', encoding: 'string' });
    const log = root.openDB<string, number>({ name: 'log', encoding: 'string' });
    if (format === undefined) {
      await meta.put('format', FORMAT);
      await root.flushed;
    }
    return { root, meta, rows, log };
  } catch (error) {
    await root.close();
    throw error;
  }
}

/** LMDB ends the process when it is given anything but its own files. @throws STATE_FORMAT_UNSUPPORTED */
async function demandLmdbFile(file: string): Promise<void> {
  let handle: FileHandle;
  try {
    handle = await openFile(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw stateError({ code: 'STATE_STORAGE_FAILED' }, `${file} cannot be opened: ${errorMessage(error)}`, error);
  }
  try {
    const head = Buffer.alloc(MAGIC_OFFSET + MAGIC.length);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    // Empty is what is left of a start that was cut short.
    if (bytesRead > 0 && !head.subarray(MAGIC_OFFSET).equals(MAGIC)) throw foreign(file, 'no database');
  } finally {
    await handle.close();
  }
}

/** Bytes the file takes. */
export async function lmdbFileBytes(folder: string): Promise<number> {
  return (await stat(join(folder, FILE))).size;
}

/**
 * Writes the file anew without the holes that deleted rows have left, which the database itself only reuses.
 * Crash-safe: until the very end the old file counts. Closes the storage and opens it again.
 */
export async function compactLmdb(folder: string, { root }: LmdbStorage): Promise<LmdbStorage> {
  const compacted = compactedFile(folder);
  await root.backup(compacted, true);
  await root.close();
  await sync(compacted);
  await rename(compacted, join(folder, FILE));
  await sync(folder);
  return openLmdb(folder);
}

const compactedFile = (folder: string): string => join(folder, 'compacted.mdb');

async function sync(path: string): Promise<void> {
  const handle = await openFile(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function unsupported(file: string, found: string) {
  const advice = found.startsWith('steppe-state ')
    ? 'a newer version of Steppe has written it: upgrade, or restore a snapshot into an empty folder'
    : 'it is not the state of a Steppe server: move it away, or set another data_dir';
  return stateError({ code: 'STATE_FORMAT_UNSUPPORTED', found, place: file }, `${file} holds "${found}"; ${advice}`);
}

const foreign = (file: string, found: string) =>
  stateError(
    { code: 'STATE_FORMAT_UNSUPPORTED', found, place: file },
    `${file} is not the state of a Steppe server, it holds ${found}: move it away, or set another data_dir`,
  );
