import type { FingerprintOptions } from '../options.js';
import { ArchFingerprinter } from './arch-fingerprinter.js';
import { CpuFingerprinter } from './cpu-fingerprinter.js';
import type { Fingerprinter } from './fingerprinter.js';
import { HostFingerprinter } from './host-fingerprinter.js';
import { KernelFingerprinter } from './kernel-fingerprinter.js';
import { MemoryFingerprinter } from './memory-fingerprinter.js';
import { NetworkFingerprinter } from './network-fingerprinter.js';
import { NomadFingerprinter } from './nomad-fingerprinter.js';
import { OsFingerprinter } from './os-fingerprinter.js';
import { StorageFingerprinter } from './storage-fingerprinter.js';

/** How each built-in fingerprinter is made from the options, by its name. */
export const BUILT_IN_FINGERPRINTERS = {
  arch: () => new ArchFingerprinter(),
  kernel: () => new KernelFingerprinter(),
  os: () => new OsFingerprinter(),
  cpu: ({ cpuTotalCompute = 0 }) => new CpuFingerprinter({ totalComputeMhz: cpuTotalCompute }),
  memory: ({ memoryTotalMb = 0 }) => new MemoryFingerprinter({ memoryTotalMb }),
  storage: ({ storageFolder, diskTotalMb = 0, diskFreeMb = 0 }) =>
    new StorageFingerprinter({ folder: storageFolder, diskTotalMb, diskFreeMb }),
  network: ({ networkInterface = '', networkSpeed = 0 }) =>
    new NetworkFingerprinter({ interfaceName: networkInterface, speedMbits: networkSpeed }),
  nomad: ({ version, revision = '' }) => new NomadFingerprinter({ version, revision }),
  host: () => new HostFingerprinter(),
} as const satisfies Readonly<Record<string, (options: FingerprintOptions) => Fingerprinter>>;

/** All built-in fingerprinters, for use without the container. */
export function builtInFingerprinters(options: FingerprintOptions): readonly Fingerprinter[] {
  return Object.values(BUILT_IN_FINGERPRINTERS).map((create) => create(options));
}
