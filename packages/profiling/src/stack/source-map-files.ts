import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SourceMap } from './source-map.js';

/** No bundle of ours comes near it; a larger one would hold up the process. */
const MAX_MAP_BYTES = 64 * 1_024 * 1_024;

/**
 * The maps that compilers and bundlers leave beside a script, `<script>.map`. Each is read when it is first asked for, so a
 * program that nobody profiles does not pay for them.
 */
export class SourceMapFiles {
  readonly #maps = new Map<string, SourceMap | undefined>();

  /** @param url - of the script. A map that is not there or is none counts as absent. */
  find(url: string): SourceMap | undefined {
    const known = this.#maps.get(url);
    if (known !== undefined || this.#maps.has(url)) return known;
    const map = url.startsWith('file:') ? readMap(`${url}.map`) : undefined;
    this.#maps.set(url, map);
    return map;
  }
}

function readMap(url: string): SourceMap | undefined {
  try {
    const path = fileURLToPath(url);
    return statSync(path).size > MAX_MAP_BYTES ? undefined : new SourceMap(readFileSync(path, 'utf8'), url);
  } catch {
    // The profile then names the script itself.
    return undefined;
  }
}
