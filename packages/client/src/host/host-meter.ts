import { uptime } from 'node:os';
import type { CpuLoad, CpuMeterDeps } from './cpu-load.js';
import { CpuMeter } from './cpu-load.js';
import type { FileSystemUsage } from './file-systems.js';
import { fileSystemOf, mountedFileSystems } from './file-systems.js';
import type { MemoryUsage } from './memory-usage.js';
import { readMemoryUsage } from './memory-usage.js';

/** What the machine is doing. */
export interface HostUsage {
  /** Unix milliseconds. */
  readonly atMs: number;
  /** Since the machine started, whole seconds. */
  readonly uptimeSeconds: number;
  readonly memory: MemoryUsage;
  readonly cpus: readonly CpuLoad[];
  /** Of the MHz that the node has, as much as is used. */
  readonly cpuTicksUsed: number;
  readonly disks: readonly FileSystemUsage[];
  /** Where allocations have their folders. */
  readonly allocDisk: FileSystemUsage;
}

export interface HostMeterOptions {
  readonly allocFolder: string;
}

/** Reads what the machine is doing. */
export class HostMeter {
  readonly #options: HostMeterOptions;
  readonly #deps: CpuMeterDeps;
  readonly #cpus: CpuMeter;

  constructor(options: HostMeterOptions, deps: CpuMeterDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#cpus = new CpuMeter(deps);
  }

  /** @param options - `cpuShares`: MHz of all processors together. Rejects with what the system says */
  async read({ cpuShares }: { readonly cpuShares: number }): Promise<HostUsage> {
    const [memory, disks, allocDisk] = await Promise.all([readMemoryUsage(), mountedFileSystems(), this.allocDisk()]);
    const loads = this.#cpus.read();
    const busy = loads.reduce((sum, { idlePercent }) => sum + 100 - idlePercent, 0);
    return {
      atMs: this.#deps.clock.now(),
      uptimeSeconds: Math.floor(uptime()),
      memory,
      cpus: loads,
      cpuTicksUsed: loads.length === 0 ? 0 : (cpuShares * busy) / (100 * loads.length),
      disks,
      allocDisk,
    };
  }

  /** How full it is where allocations have their folders. Rejects with what the system says. */
  allocDisk(): Promise<FileSystemUsage> {
    return fileSystemOf(this.#options.allocFolder);
  }
}
