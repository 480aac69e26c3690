import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { gossipError } from '../errors.js';

/** Where a keyring outlives the process. */
export interface KeyringStore {
  /** The stored keys, the one in use first; `undefined` when nothing is stored. */
  load(): readonly string[] | undefined;
  save(keys: readonly string[]): void;
}

/** Keeps nothing: the keyring ends with the process. */
export const volatileKeyring: KeyringStore = { load: () => undefined, save: () => undefined };

/** serf's keyring file: a JSON list of base64 keys, readable by its owner only, replaced as a whole. */
export class KeyringFile implements KeyringStore {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws KEYRING_FILE_INVALID */
  load(): readonly string[] | undefined {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw this.#invalid(error);
    }
    const keys = parseKeys(text);
    if (keys === undefined) throw this.#invalid(undefined);
    return keys;
  }

  save(keys: readonly string[]): void {
    const next = `${this.#path}.new`;
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    writeFileSync(next, JSON.stringify(keys), { mode: 0o600 });
    renameSync(next, this.#path);
  }

  /** The message never shows what the file holds. */
  #invalid(cause: unknown): Error {
    const detail = { code: 'KEYRING_FILE_INVALID', file: this.#path } as const;
    return gossipError(detail, `keyring file ${this.#path} does not hold a list of keys`, cause);
  }
}

function parseKeys(text: string): readonly string[] | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    const isList =
      Array.isArray(value) && value.length > 0 && value.every((key) => typeof key === 'string' && key !== '');
    return isList ? (value as readonly string[]) : undefined;
  } catch {
    // A syntax error would quote the text.
    return undefined;
  }
}
