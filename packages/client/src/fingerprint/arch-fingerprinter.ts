import { arch } from 'node:os';
import type { Fingerprint, Fingerprinter } from './fingerprinter.js';

/** Go's names, which constraints of jobs use, where Node.js has others. */
const GO_ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: 'amd64',
  ia32: '386',
  mipsel: 'mipsle',
  ppc64: 'ppc64le',
};

/** `cpu.arch`: the architecture this process is built for, by Go's name. */
export class ArchFingerprinter implements Fingerprinter {
  readonly name = 'arch';
  readonly #architecture: string;

  /** @param options - `architecture`: by Node.js's name; default that of this process */
  constructor({ architecture = arch() }: { readonly architecture?: string } = {}) {
    this.#architecture = architecture;
  }

  async fingerprint(): Promise<Fingerprint> {
    return { attributes: { 'cpu.arch': GO_ARCHITECTURES[this.#architecture] ?? this.#architecture } };
  }
}
