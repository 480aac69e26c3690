import { freemem, totalmem } from 'node:os';
import { readText } from './text-reader.js';
import type { TextReader } from './text-reader.js';

/** The machine's memory, bytes. */
export interface MemoryUsage {
  readonly totalBytes: number;
  /** What programs can still get: free, or given back when it is needed. */
  readonly availableBytes: number;
  /** What is not available. */
  readonly usedBytes: number;
  /** What nobody uses for anything. */
  readonly freeBytes: number;
}

/** From `/proc/meminfo`; where there is none, as Node.js knows it. */
export async function readMemoryUsage({ read = readText }: { readonly read?: TextReader } = {}): Promise<MemoryUsage> {
  const text = await read('/proc/meminfo').catch(() => '');
  const bytes = (field: string): number | undefined => {
    const kibibytes = new RegExp(`^${field}:\\s*(\\d+) kB$`, 'm').exec(text)?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1_024;
  };
  const totalBytes = bytes('MemTotal') ?? totalmem();
  const availableBytes = bytes('MemAvailable') ?? freemem();
  const freeBytes = bytes('MemFree') ?? availableBytes;
  return { totalBytes, availableBytes, usedBytes: totalBytes - availableBytes, freeBytes };
}
