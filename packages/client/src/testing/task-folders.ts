import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TaskStart } from '../drivers/task-driver.js';

/** The folder of an allocation with its tasks', as an allocation runner makes it. */
export class TaskFolders {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<TaskFolders> {
    const folders = new TaskFolders(await mkdtemp(join(tmpdir(), 'steppe-alloc-')));
    await mkdir(join(folders.folder, 'alloc/logs'), { recursive: true });
    return folders;
  }

  /** A task with a folder of its own and these files in it. */
  async task(
    config: Readonly<Record<string, unknown>>,
    { name = 'web', files = {}, ...rest }: Partial<TaskStart> & { name?: string; files?: Record<string, string> } = {},
  ): Promise<TaskStart> {
    const taskFolder = join(this.folder, name);
    for (const folder of ['local', 'secrets', 'tmp']) await mkdir(join(taskFolder, folder), { recursive: true });
    for (const [path, text] of Object.entries(files)) await writeFile(join(taskFolder, path), text);
    return {
      allocId: 'f0f3bc1b-9dd7-4d0d-a7d4-4ef8a62b1b5d',
      taskName: name,
      config,
      env: { PATH: process.env['PATH'] ?? '', GREETING: 'hello' },
      user: '',
      resources: { cpu: 100, memoryMb: 64, memoryMaxMb: 0, diskMb: 0 },
      taskFolder,
      logFolder: join(this.folder, 'alloc/logs'),
      logs: { maxFiles: 3, maxFileSizeMb: 1, disabled: false },
      ...rest,
    };
  }

  /** The log files of a task by name, with what is in them. */
  async logs(): Promise<Readonly<Record<string, string>>> {
    const folder = join(this.folder, 'alloc/logs');
    const names = (await readdir(folder)).toSorted();
    const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
    return Object.fromEntries(names.map((name, index) => [name, texts[index] ?? '']));
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
