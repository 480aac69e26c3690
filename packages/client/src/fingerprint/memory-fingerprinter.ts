import { totalmem } from 'node:os';
import type { Fingerprint, Fingerprinter } from './fingerprinter.js';

const MEBIBYTE = 1024 * 1024;

export interface MemoryFingerprinterOptions {
  /** Mebibytes; default 0: measured. */
  readonly memoryTotalMb?: number;
}

/** `memory.totalbytes`: the machine's memory. */
export class MemoryFingerprinter implements Fingerprinter {
  readonly name = 'memory';
  readonly #memoryTotalMb: number;

  constructor({ memoryTotalMb = 0 }: MemoryFingerprinterOptions = {}) {
    this.#memoryTotalMb = memoryTotalMb;
  }

  async fingerprint(): Promise<Fingerprint> {
    const bytes = this.#memoryTotalMb > 0 ? this.#memoryTotalMb * MEBIBYTE : totalmem();
    return {
      attributes: { 'memory.totalbytes': `${bytes}` },
      resources: { memoryMb: Math.floor(bytes / MEBIBYTE) },
    };
  }
}
