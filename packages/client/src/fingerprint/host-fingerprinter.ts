import { hostname } from 'node:os';
import type { Fingerprint, Fingerprinter } from './fingerprinter.js';

/** `unique.hostname`. */
export class HostFingerprinter implements Fingerprinter {
  readonly name = 'host';

  async fingerprint(): Promise<Fingerprint> {
    return { attributes: { 'unique.hostname': hostname() } };
  }
}
