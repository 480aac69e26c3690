import { isUuid } from '@steppe/domain';
import { chmod, mkdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { clientError } from '../errors.js';

/** Where a task has what. */
export interface TaskFolders {
  /** The task's own, in which it starts. */
  readonly root: string;
  readonly local: string;
  readonly secrets: string;
  /** What the tasks of the allocation share. */
  readonly shared: string;
  readonly logs: string;
}

/** The folders of allocations on disk. */
export interface AllocFolders {
  /** Path of everything that belongs to the allocation. @throws CLIENT_ALLOC_NAME_INVALID */
  root(allocId: string): string;
  /** @throws CLIENT_ALLOC_NAME_INVALID for names that cannot be folders of their own */
  task(allocId: string, task: string): TaskFolders;
  /** Makes them all, where they are not there. @throws CLIENT_ALLOC_NAME_INVALID, and what the file system says */
  make(allocId: string, tasks: readonly string[]): Promise<void>;
  /** Takes the data over from an allocation that has ended. */
  adopt(from: string, to: string, tasks: readonly string[]): Promise<void>;
  /**
   * An identity token of the task, for its owner's eyes only. @param path - of its file, in the task's folder
   * @throws CLIENT_FILE_REFUSED when the path leads out of there, and what the file system says
   */
  writeToken(allocId: string, task: string, path: string, token: string): Promise<void>;
  remove(allocId: string): Promise<void>;
}

export const SHARED_FOLDER = 'alloc';
export const SECRETS_FOLDER = 'secrets';

/**
 * `<folder>/<allocation>/alloc/{logs,data,tmp}` and `<folder>/<allocation>/<task>/{local,secrets,tmp}`, as Nomad has them.
 * Ids and names come from servers: what would lead out of the folder is refused.
 */
export class DiskAllocFolders implements AllocFolders {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  root(allocId: string): string {
    if (!isUuid(allocId)) throw nameInvalid('the id of an allocation', allocId);
    return join(this.#folder, allocId);
  }

  task(allocId: string, task: string): TaskFolders {
    if (!/^[^/\\\0]+$/.test(task) || task === '.' || task === '..' || task === SHARED_FOLDER) {
      throw nameInvalid('the name of a task', task);
    }
    const own = join(this.root(allocId), task);
    const shared = join(this.root(allocId), SHARED_FOLDER);
    return {
      root: own,
      local: join(own, 'local'),
      secrets: join(own, SECRETS_FOLDER),
      shared,
      logs: join(shared, 'logs'),
    };
  }

  async make(allocId: string, tasks: readonly string[]): Promise<void> {
    const own = tasks.map((task) => this.task(allocId, task));
    const shared = join(this.root(allocId), SHARED_FOLDER);
    const open = [
      ...['logs', 'data', 'tmp'].map((name) => join(shared, name)),
      ...own.flatMap(({ root, local }) => [local, join(root, 'tmp')]),
    ];
    for (const folder of open) await mkdir(folder, { recursive: true });
    for (const { secrets } of own) {
      await mkdir(secrets, { recursive: true });
      await chmod(secrets, 0o700);
    }
  }

  async adopt(from: string, to: string, tasks: readonly string[]): Promise<void> {
    const pairs = [
      [join(this.root(from), SHARED_FOLDER, 'data'), join(this.root(to), SHARED_FOLDER, 'data')],
      ...tasks.map((task) => [this.task(from, task).local, this.task(to, task).local]),
    ] as [string, string][];
    for (const [source, target] of pairs) {
      try {
        await rm(target, { recursive: true, force: true });
        await rename(source, target);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        // The earlier one did not have it, or is gone: the new one begins with nothing.
        await mkdir(target, { recursive: true });
      }
    }
  }

  async writeToken(allocId: string, task: string, path: string, token: string): Promise<void> {
    const { root } = this.task(allocId, task);
    const file = join(root, path);
    await demandInside(root, dirname(file), path);
    await mkdir(dirname(file), { recursive: true });
    const draft = `${file}.new`;
    // What the task may have put there in its place would be written through.
    await rm(draft, { force: true });
    await writeFile(draft, token, { mode: 0o600, flag: 'wx' });
    await rename(draft, file);
  }

  async remove(allocId: string): Promise<void> {
    await rm(this.root(allocId), { recursive: true, force: true });
  }

  /** Those of all allocations. */
  async removeAll(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** As far as the folder is there it must be the task's own, not what a link of it leads to. */
async function demandInside(root: string, folder: string, path: string): Promise<void> {
  for (let part = folder; ; part = dirname(part)) {
    const way = relative(root, part);
    const isOwn = way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
    const real = isOwn ? await realpath(part).catch(() => undefined) : '';
    if (real === undefined) continue;
    if (real === join(await realpath(root), way)) return;
    const message = `the file of a token would be outside of the folder of its task: ${JSON.stringify(path)}`;
    throw clientError({ code: 'CLIENT_FILE_REFUSED', path }, message);
  }
}

const nameInvalid = (what: string, value: string) =>
  clientError(
    { code: 'CLIENT_ALLOC_NAME_INVALID', value },
    `${what} cannot be that of a folder: ${JSON.stringify(value)}`,
  );
