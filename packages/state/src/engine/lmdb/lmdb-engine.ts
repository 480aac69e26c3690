import { errorMessage, isSteppeError } from '@steppe/domain';
import type { Logger } from '@steppe/runtime';
import type { Commit, Mutation, StateImage, StoredRow } from '../../change/commit.js';
import { FIRST_INDEX } from '../../change/commit.js';
import { packRow, unpackRow } from '../../change/row-envelope.js';
import { stateError } from '../../errors.js';
import { LogTail } from '../log-tail.js';
import type { EngineSink, StateEngine } from '../state-engine.js';
import type { LmdbStorage } from './lmdb-storage.js';
import { compactLmdb, lmdbFileBytes, openLmdb } from './lmdb-storage.js';

export interface LmdbEngineOptions {
  /** Where the files go; made when it is missing. One server at a time may use it. */
  readonly folder: string;
  /** A file at least this large, and mostly holes, is written anew when it is opened. Bytes, default 64 MiB. */
  readonly compactFromBytes?: number;
}

/**
 * State on the disk of the one server of a region. Acknowledged means flushed to the disk: what was acknowledged survives
 * the death of the process and of the machine. A commit is there in whole or not at all.
 */
export class LmdbEngine implements StateEngine {
  readonly kind = 'lmdb';
  readonly ageMs = 0;
  /** LMDB itself ends much later; one transaction is held in memory several times over. */
  readonly limits = { mutations: 1_000_000, bytes: 256 * 1_024 * 1_024 };
  readonly #options: LmdbEngineOptions;
  readonly #logger: Logger;
  readonly #tail = new LogTail(FIRST_INDEX);
  #opened: { readonly storage: LmdbStorage; readonly sink: EngineSink } | undefined;
  #index = FIRST_INDEX;
  /** Entries of the log that the next commit takes away. */
  #expired: readonly number[] = [];

  constructor(options: LmdbEngineOptions, { logger }: { readonly logger: Logger }) {
    this.#options = options;
    this.#logger = logger;
  }

  get isWritable(): boolean {
    return this.#opened !== undefined;
  }

  async open(sink: EngineSink): Promise<void> {
    const { folder, compactFromBytes = 64 * 1_024 * 1_024 } = this.#options;
    let storage = await openLmdb(folder);
    try {
      const before = await lmdbFileBytes(folder);
      if (before >= compactFromBytes && before > 4 * liveBytes(storage)) {
        storage = await compactLmdb(folder, storage);
        this.#logger.info('state compacted', { before_bytes: before, after_bytes: await lmdbFileBytes(folder) });
      }
      this.#opened = { storage, sink };
      this.#load();
    } catch (error) {
      this.#opened = undefined;
      await storage.root.close();
      throw asStorageError(error);
    }
  }

  async append(mutations: readonly Mutation[]): Promise<number> {
    const { storage, sink } = this.#demandOpen();
    const commit: Commit = { index: this.#index + 1, mutations };
    const expired = this.#expired;
    await this.#write(storage, ({ meta, rows, log }) => {
      const { index } = commit;
      for (const mutation of mutations) {
        const id = `${mutation.table}/${mutation.key}`;
        if (mutation.op === 'put')
          void rows.put(id, packRow({ ...mutation, modifyIndex: index, createIndex: mutation.createIndex || index }));
        else void rows.remove(id);
      }
      for (const table of new Set(mutations.map((mutation) => mutation.table)))
        void meta.put(`table/${table}`, `${index}`);
      for (const old of expired) void log.remove(old);
      void log.put(index, JSON.stringify(mutations));
      void meta.put('index', `${index}`);
    });
    this.#index = commit.index;
    this.#expired = this.#tail.add(commit);
    sink.commit(commit);
    return commit.index;
  }

  async replace(image: StateImage): Promise<number> {
    const { storage } = this.#demandOpen();
    const index = Math.max(this.#index, image.index) + 1;
    await this.#write(storage, ({ meta, rows, log }) => {
      for (const key of rows.getKeys()) void rows.remove(key);
      for (const key of log.getKeys()) void log.remove(key);
      for (const key of meta.getKeys({ start: 'table/', end: 'table0' })) void meta.remove(key);
      for (const [name, table] of image.tables) {
        for (const row of table.rows) void rows.put(`${name}/${row.key}`, packRow(row));
        void meta.put(`table/${name}`, `${index}`);
      }
      void meta.put('index', `${index}`);
    });
    this.#load();
    return index;
  }

  /** Nobody else writes; only after a failed write may the disk hold something else than we think. */
  async catchUp(): Promise<void> {
    const { storage } = this.#demandOpen();
    if (storedIndex(storage) !== this.#index) this.#load();
  }

  tail(index: number): readonly Commit[] | undefined {
    return this.#tail.after(index);
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await opened?.storage.root.close();
  }

  #demandOpen() {
    if (this.#opened === undefined) throw stateError({ code: 'STATE_CLOSED' }, 'the state is not open');
    return this.#opened;
  }

  /** All of what `work` writes, or nothing; resolves when it is on the disk. `work` must not throw: LMDB would keep half. */
  async #write(storage: LmdbStorage, work: (storage: LmdbStorage) => void): Promise<void> {
    const expected = this.#index;
    try {
      const isOurs = await storage.root.transaction(() => {
        if (storedIndex(storage) !== expected) return false;
        work(storage);
        return true;
      });
      if (!isOurs) throw stateError({ code: 'STATE_CONFLICT' }, `another process writes to ${this.#options.folder}`);
      await storage.root.flushed;
    } catch (error) {
      throw asStorageError(error);
    }
  }

  #load(): void {
    const { storage, sink } = this.#demandOpen();
    const index = storedIndex(storage);
    const tables = new Map<string, { index: number; rows: StoredRow[] }>();
    for (const { key, value } of storage.meta.getRange({ start: 'table/', end: 'table0' })) {
      tables.set(key.slice('table/'.length), { index: Number(value), rows: [] });
    }
    for (const { key, value } of storage.rows.getRange()) {
      const slash = key.indexOf('/');
      const row = unpackRow(value);
      const table = tables.get(key.slice(0, slash));
      if (row === undefined || table === undefined) {
        throw stateError({ code: 'STATE_STORAGE_FAILED' }, `${this.#options.folder} holds a damaged row, ${key}`);
      }
      table.rows.push({ key: key.slice(slash + 1), ...row });
    }
    const log = Array.from(storage.log.getRange(), ({ key, value }) => ({
      index: key,
      mutations: JSON.parse(value) as readonly Mutation[],
    }));
    const [first] = log;
    // The first entry held may be any number after the one that went before it.
    this.#tail.reset(first === undefined ? index : first.index - 1);
    this.#expired = log.flatMap((commit) => this.#tail.add(commit));
    this.#index = index;
    sink.reset({ index, tables });
  }
}

const storedIndex = ({ meta }: LmdbStorage): number => Number(meta.get('index') ?? FIRST_INDEX);

/** What rows and log take, without the tree around them. */
function liveBytes({ rows, log }: LmdbStorage): number {
  let bytes = 0;
  for (const { key, value } of rows.getRange()) bytes += key.length + value.length;
  for (const { value } of log.getRange()) bytes += value.length;
  return bytes;
}

function asStorageError(error: unknown): unknown {
  if (isSteppeError(error)) return error;
  return stateError({ code: 'STATE_STORAGE_FAILED' }, `state storage: ${errorMessage(error)}`, error);
}
