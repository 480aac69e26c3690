import { machine, platform, release } from 'node:os';
import type { Fingerprint, Fingerprinter } from './fingerprinter.js';

/** `kernel.name`, `kernel.version` and `kernel.arch` (the kernel's own name, such as `x86_64`). */
export class KernelFingerprinter implements Fingerprinter {
  readonly name = 'kernel';

  async fingerprint(): Promise<Fingerprint> {
    const kernel = platform();
    return {
      attributes: {
        'kernel.name': kernel === 'win32' ? 'windows' : kernel,
        'kernel.version': release(),
        'kernel.arch': machine(),
      },
    };
  }
}
