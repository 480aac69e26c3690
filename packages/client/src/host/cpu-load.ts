import type { Clock } from '@steppe/runtime';
import { cpus } from 'node:os';

/** How one logical processor has spent its time, parts of a hundred. */
export interface CpuLoad {
  /** Such as `cpu0`. */
  readonly name: string;
  readonly userPercent: number;
  readonly systemPercent: number;
  readonly idlePercent: number;
}

/** Milliseconds since the machine started, as `node:os` has them. */
interface CpuTimes {
  readonly user: number;
  readonly nice: number;
  readonly sys: number;
  readonly irq: number;
  readonly idle: number;
}

export interface CpuMeterDeps {
  readonly clock: Clock;
  /** Default: as `node:os` lists them. */
  readonly processors?: () => readonly { readonly times: CpuTimes }[];
}

interface Reading {
  readonly atMs: number;
  readonly times: readonly CpuTimes[];
}

/** Over less than this there is nothing to see but chance, milliseconds. */
const SHORTEST_MS = 1_000;

/** Tells how busy the processors have been since the reading before, the first time since it was made. */
export class CpuMeter {
  readonly #deps: Required<CpuMeterDeps>;
  #before: Reading;
  #newest: Reading;

  constructor({ clock, processors = cpus }: CpuMeterDeps) {
    this.#deps = { clock, processors };
    this.#before = this.#reading();
    this.#newest = this.#before;
  }

  read(): readonly CpuLoad[] {
    const now = this.#reading();
    if (now.atMs - this.#newest.atMs >= SHORTEST_MS) {
      this.#before = this.#newest;
      this.#newest = now;
    }
    return now.times.map((times, i) => loadBetween(`cpu${i}`, this.#before.times[i] ?? NOTHING, times));
  }

  #reading(): Reading {
    const { clock, processors } = this.#deps;
    return { atMs: clock.monotonic(), times: processors().map(({ times }) => times) };
  }
}

const NOTHING: CpuTimes = { user: 0, nice: 0, sys: 0, irq: 0, idle: 0 };

function loadBetween(name: string, before: CpuTimes, now: CpuTimes): CpuLoad {
  const spent = (kind: keyof CpuTimes): number => Math.max(0, now[kind] - before[kind]);
  const user = spent('user') + spent('nice');
  const system = spent('sys') + spent('irq');
  const total = user + system + spent('idle');
  // No time has gone by: nothing was done.
  if (total === 0) return { name, userPercent: 0, systemPercent: 0, idlePercent: 100 };
  const part = (time: number): number => (100 * time) / total;
  return { name, userPercent: part(user), systemPercent: part(system), idlePercent: part(spent('idle')) };
}
