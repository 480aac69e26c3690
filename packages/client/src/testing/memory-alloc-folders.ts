import type { AllocFolders, TaskFolders } from '../allocs/alloc-folders.js';
import { DiskAllocFolders } from '../allocs/alloc-folders.js';

/** Remembers which folders there would be. */
export class MemoryAllocFolders implements AllocFolders {
  readonly folders = new Set<string>();
  readonly tokens = new Map<string, string>();
  /** Why tokens cannot be written, where they cannot. */
  tokenFailure: string | undefined;
  readonly adopted: string[] = [];
  readonly #paths = new DiskAllocFolders('/allocs');

  root(allocId: string): string {
    return this.#paths.root(allocId);
  }

  task(allocId: string, task: string): TaskFolders {
    return this.#paths.task(allocId, task);
  }

  async make(allocId: string, tasks: readonly string[]): Promise<void> {
    for (const task of tasks) this.task(allocId, task);
    this.folders.add(allocId);
  }

  async adopt(from: string, to: string): Promise<void> {
    this.adopted.push(`${from} to ${to}`);
  }

  async writeToken(allocId: string, task: string, path: string, token: string): Promise<void> {
    if (this.tokenFailure !== undefined) throw new Error(this.tokenFailure);
    this.tokens.set(`${allocId}/${task}/${path}`, token);
  }

  async remove(allocId: string): Promise<void> {
    this.folders.delete(allocId);
  }
}
