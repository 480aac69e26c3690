import { readdir } from 'node:fs/promises';
import type { TextReader } from '../fingerprint/text-reader.js';
import { readText } from '../fingerprint/text-reader.js';
import type { TaskUsage } from './task-driver.js';

/** Linux counts CPU time for programs in hundredths of a second, whatever the kernel's own tick is. */
const TICK_MS = 10;

interface ProcessStat {
  readonly group: number;
  readonly userMs: number;
  readonly systemMs: number;
  readonly startTicks: string;
}

/** What the kernel knows of processes, read from `/proc`; where there is none, nothing is known. */
export class ProcessTable {
  readonly #read: TextReader;

  constructor({ read = readText }: { readonly read?: TextReader } = {}) {
    this.#read = read;
  }

  /** When the process began, in ticks since the machine did: with the pid it is one process for good. Empty: not there. */
  async startTicks(pid: number): Promise<string> {
    return (await this.#stat(pid))?.startTicks ?? '';
  }

  /** What the processes of a group use together. CPU time of children that ended counts as soon as somebody waited for them. */
  async groupUsage(group: number): Promise<TaskUsage> {
    const names = await readdir('/proc').catch(() => []);
    const members = names.filter((name) => /^\d+$/.test(name)).map(Number);
    const usages = await Promise.all(
      members.map(async (pid) => {
        const stat = await this.#stat(pid);
        return stat?.group === group ? { pid, ...stat, memoryBytes: await this.#memoryBytes(pid) } : undefined;
      }),
    );
    const found = usages.filter((usage) => usage !== undefined);
    const sum = (key: 'memoryBytes' | 'systemMs' | 'userMs') => found.reduce((total, usage) => total + usage[key], 0);
    return {
      memoryBytes: sum('memoryBytes'),
      userMs: sum('userMs'),
      systemMs: sum('systemMs'),
      pids: found.map(({ pid }) => pid),
    };
  }

  async #stat(pid: number): Promise<ProcessStat | undefined> {
    const text = await this.#read(`/proc/${pid}/stat`).catch(() => '');
    // The second field is the name, in parentheses, and may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    // Counted as in proc(5), whose third field is the first one here.
    const field = (number: number): string => fields[number - 3] ?? '';
    if (field(22) === '') return undefined;
    return {
      group: Number(field(5)),
      userMs: (Number(field(14)) + Number(field(16))) * TICK_MS,
      systemMs: (Number(field(15)) + Number(field(17))) * TICK_MS,
      startTicks: field(22),
    };
  }

  async #memoryBytes(pid: number): Promise<number> {
    const status = await this.#read(`/proc/${pid}/status`).catch(() => '');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  }
}
