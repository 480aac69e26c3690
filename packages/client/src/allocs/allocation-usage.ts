import type { NodeRegistration } from '@steppe/domain';
import type { Clock } from '@steppe/runtime';
import type { TaskUsage } from '../drivers/task-driver.js';
import type { AllocRunner } from './alloc-runner.js';

/** What one task uses. */
export interface TaskLoad extends TaskUsage {
  /** Of one core, since the reading before, or since the task started. */
  readonly cpuPercent: number;
  /** The same as a part of the MHz that the node has. */
  readonly cpuTicks: number;
}

interface UsageMeterDeps {
  readonly clock: Clock;
  readonly node: () => Pick<NodeRegistration, 'resources'>;
}

/** What the tasks of an allocation use. */
export interface AllocationUsage {
  /** Unix milliseconds. */
  readonly atMs: number;
  /** Of those that run, by name. */
  readonly tasks: Readonly<Record<string, TaskLoad>>;
}

interface Reading {
  readonly atMs: number;
  readonly startedAtMs: number;
  readonly cpuMs: number;
}

/** Reads what tasks use. It remembers the reading before, to tell how busy they have been since. */
export class UsageMeter {
  readonly #clock: Clock;
  readonly #node: UsageMeterDeps['node'];
  #before = new WeakMap<object, Readonly<Record<string, Reading>>>();

  constructor({ clock, node }: UsageMeterDeps) {
    this.#clock = clock;
    this.#node = node;
  }

  async read(runner: Pick<AllocRunner, 'usage' | 'report'>): Promise<AllocationUsage> {
    const used = await runner.usage();
    const atMs = this.#clock.now();
    const { taskStates } = runner.report;
    const { cpuShares, totalCores } = this.#node().resources;
    const coreMhz = totalCores === 0 ? 0 : cpuShares / totalCores;
    const before = this.#before.get(runner) ?? {};
    const readings: Record<string, Reading> = {};
    const tasks: Record<string, TaskLoad> = {};
    for (const [name, usage] of Object.entries(used)) {
      const startedAtMs = taskStates[name]?.startedAtMs ?? atMs;
      const cpuMs = usage.userMs + usage.systemMs;
      // After a restart the task begins at nothing again.
      const last = before[name]?.startedAtMs === startedAtMs ? before[name] : { atMs: startedAtMs, cpuMs: 0 };
      const elapsedMs = atMs - last.atMs;
      const cores = elapsedMs > 0 ? Math.max(0, (cpuMs - last.cpuMs) / elapsedMs) : 0;
      tasks[name] = { ...usage, cpuPercent: 100 * cores, cpuTicks: coreMhz * cores };
      readings[name] = { atMs, startedAtMs, cpuMs };
    }
    this.#before.set(runner, readings);
    return { atMs, tasks };
  }
}
