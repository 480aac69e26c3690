import { errorMessage, isUuid } from '@steppe/domain';
import type { Logger } from '@steppe/runtime';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AllocRecord, AllocStore } from './alloc-record.js';

/** What of this package reads what it wrote before: another layout gets another number. */
const FORMAT = 1;
const SUFFIX = '.json';

/** A file for each allocation, which only the owner may read, written anew and moved into its place. */
export class FileAllocStore implements AllocStore {
  readonly #folder: string;
  readonly #logger: Logger;

  constructor(folder: string, { logger }: { readonly logger: Logger }) {
    this.#folder = folder;
    this.#logger = logger;
  }

  async load(): Promise<readonly AllocRecord[]> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const names = await readdir(this.#folder);
    const records = await Promise.all(names.filter((name) => name.endsWith(SUFFIX)).map((name) => this.#read(name)));
    return records.filter((record) => record !== undefined);
  }

  async save(record: AllocRecord): Promise<void> {
    const file = this.#file(record.allocation.id);
    const draft = `${file}.new`;
    await writeFile(draft, JSON.stringify({ format: FORMAT, ...record }), { mode: 0o600, flush: true });
    await rename(draft, file);
  }

  async remove(allocId: string): Promise<void> {
    await rm(this.#file(allocId), { force: true });
  }

  async #read(name: string): Promise<AllocRecord | undefined> {
    try {
      const { format, ...record } = JSON.parse(await readFile(join(this.#folder, name), 'utf8')) as AllocRecord & {
        readonly format: number;
      };
      if (format !== FORMAT) throw new Error(`unknown format ${format}`);
      if (`${record.allocation.id}${SUFFIX}` !== name || record.job.id !== record.allocation.jobId) {
        throw new Error('it does not belong to this allocation');
      }
      return record;
    } catch (error) {
      this.#logger.warn('record of an allocation cannot be read; servers are asked again', {
        file: name,
        error: errorMessage(error),
      });
      return undefined;
    }
  }

  #file(allocId: string): string {
    if (!isUuid(allocId)) throw new Error(`not the id of an allocation: ${JSON.stringify(allocId)}`);
    return join(this.#folder, `${allocId}${SUFFIX}`);
  }
}

/** For an agent that keeps nothing. */
export const noAllocStore: AllocStore = {
  load: () => Promise.resolve([]),
  save: () => Promise.resolve(),
  remove: () => Promise.resolve(),
};
