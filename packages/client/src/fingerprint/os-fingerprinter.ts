import type { Fingerprint, Fingerprinter } from './fingerprinter.js';
import { readText } from '../host/text-reader.js';
import type { TextReader } from '../host/text-reader.js';

/** The second is where the system's own copy is when an administrator removed the first. */
const PATHS = ['/etc/os-release', '/usr/lib/os-release'] as const;

/**
 * `os.name` and `os.version`: `ID` and `VERSION_ID` of the os-release file. A distribution without releases has no version.
 */
export class OsFingerprinter implements Fingerprinter {
  readonly name = 'os';
  readonly #read: TextReader;

  constructor({ read = readText }: { readonly read?: TextReader } = {}) {
    this.#read = read;
  }

  async fingerprint(): Promise<Fingerprint> {
    const text = await this.#read(PATHS[0]).catch(() => this.#read(PATHS[1]));
    const { ID = 'linux', VERSION_ID: version } = parseOsRelease(text);
    return { attributes: { 'os.name': ID, ...(version !== undefined && { 'os.version': version }) } };
  }
}

/** Reads the assignments of an os-release file: shell syntax without expansion. */
export function parseOsRelease(text: string): Readonly<Record<string, string>> {
  const assignments = text.matchAll(/^\s*([A-Za-z_]\w*)=(.*?)\s*$/gm);
  return Object.fromEntries([...assignments].map(([, key = '', value = '']) => [key, unquote(value)]));
}

function unquote(value: string): string {
  const [, quote, inner] = /^(["'])(.*)\1$/.exec(value) ?? [];
  if (inner === undefined) return value;
  return quote === "'" ? inner : inner.replace(/\\(["$`\\])/g, '$1');
}
