import type { Fingerprint, Fingerprinter } from './fingerprinter.js';

export interface NomadFingerprinterOptions {
  readonly version: string;
  /** Default `''`: not reported. */
  readonly revision?: string;
}

/** `nomad.version` and `nomad.revision`: of this agent, as the assembly calls it. */
export class NomadFingerprinter implements Fingerprinter {
  readonly name = 'nomad';
  readonly #options: NomadFingerprinterOptions;

  constructor(options: NomadFingerprinterOptions) {
    this.#options = options;
  }

  async fingerprint(): Promise<Fingerprint> {
    const { version, revision = '' } = this.#options;
    return { attributes: { 'nomad.version': version, ...(revision !== '' && { 'nomad.revision': revision }) } };
  }
}
