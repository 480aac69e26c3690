import { cpus } from 'node:os';
import type { Fingerprint, Fingerprinter } from './fingerprinter.js';
import { readText } from '../host/text-reader.js';
import type { TextReader } from '../host/text-reader.js';

export interface CpuFingerprinterOptions {
  /** MHz over all cores; default 0: measured. */
  readonly totalComputeMhz?: number;
}

export interface CpuFingerprinterDeps {
  /** The logical processors; default as `node:os` lists them. */
  readonly processors?: () => readonly { readonly model: string; readonly speed: number }[];
  readonly read?: TextReader;
}

/**
 * `cpu.numcores`, `cpu.modelname`, `cpu.frequency` and `cpu.totalcompute` (MHz). A core counts with the frequency it can
 * reach, where the kernel tells; else with the one it runs at. What is unknown, as on some ARM machines, is left out.
 */
export class CpuFingerprinter implements Fingerprinter {
  readonly name = 'cpu';
  readonly #totalComputeMhz: number;
  readonly #processors: NonNullable<CpuFingerprinterDeps['processors']>;
  readonly #read: TextReader;

  constructor(
    { totalComputeMhz = 0 }: CpuFingerprinterOptions = {},
    { processors = cpus, read = readText }: CpuFingerprinterDeps = {},
  ) {
    this.#totalComputeMhz = totalComputeMhz;
    this.#processors = processors;
    this.#read = read;
  }

  async fingerprint(): Promise<Fingerprint> {
    const processors = this.#processors();
    const current = await this.#read('/proc/cpuinfo').then(parseCpuSpeeds, () => []);
    const speeds = await Promise.all(
      processors.map(async ({ speed }, index) => (await this.#highestMhz(index)) ?? (speed || (current[index] ?? 0))),
    );
    const frequency = Math.max(0, ...speeds);
    const totalCompute = this.#totalComputeMhz || Math.round(speeds.reduce((sum, speed) => sum + speed, 0));
    const model = processors[0]?.model.trim() ?? '';
    return {
      attributes: {
        'cpu.numcores': `${processors.length}`,
        ...(model !== '' && { 'cpu.modelname': model }),
        ...(frequency > 0 && { 'cpu.frequency': `${Math.round(frequency)}` }),
        ...(totalCompute > 0 && { 'cpu.totalcompute': `${totalCompute}` }),
      },
      resources: { cpuShares: totalCompute, totalCores: processors.length },
    };
  }

  async #highestMhz(processor: number): Promise<number | undefined> {
    try {
      const kilohertz = Number(await this.#read(`/sys/devices/system/cpu/cpu${processor}/cpufreq/cpuinfo_max_freq`));
      return kilohertz > 0 ? kilohertz / 1_000 : undefined;
    } catch {
      // Not there without frequency scaling.
      return undefined;
    }
  }
}

/**
 * What each logical processor runs at, MHz. Node.js looks elsewhere, where a machine without frequency scaling has nothing.
 * @param text - in the format of `/proc/cpuinfo`
 */
export function parseCpuSpeeds(text: string): readonly number[] {
  return [...text.matchAll(/^cpu MHz\s*:\s*([\d.]+)/gm)].map(([, mhz]) => Number(mhz));
}
