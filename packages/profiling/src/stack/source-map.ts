/** What is needed of a source map; positions are 0-based. */
export interface SourceMapLookup {
  findEntry(line: number, column: number): object;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** The value of a base64 digit by its character code; -1 for any other character. */
const DIGITS = Int8Array.from({ length: 128 }, (_, code) => ALPHABET.indexOf(String.fromCharCode(code)));
const [COMMA, SEMICOLON] = [44, 59];
const NO_SOURCE = -1;

/** The parts of a source map (revision 3) that are used here. */
interface RawSourceMap {
  readonly version: number;
  readonly sources: readonly (string | null)[];
  readonly sourceRoot?: string;
  readonly mappings: string;
}

/** Entries by number. */
interface Entries {
  /** For each generated line where its entries begin, and at the end where they all end. */
  readonly starts: readonly number[];
  readonly columns: Int32Array;
  readonly sources: Int32Array;
  readonly lines: Int32Array;
}

/** A source map in a few bytes per entry, without names: a bundle has a hundred thousand of them. */
export class SourceMap implements SourceMapLookup {
  readonly #sources: readonly string[];
  readonly #entries: Entries;

  /** @param url - of the map: sources are named relative to it. @throws an `Error` when the text is no source map */
  constructor(text: string, url: string) {
    const map = JSON.parse(text) as RawSourceMap;
    if (map.version !== 3 || !Array.isArray(map.sources) || typeof map.mappings !== 'string') {
      throw new Error('not a source map of revision 3');
    }
    const base = new URL(map.sourceRoot ?? '', url);
    this.#sources = map.sources.map((source) => new URL(source ?? '', base).href);
    this.#entries = decode(map.mappings);
  }

  /** The entry at a 0-based place or the last one before it, also of an earlier line; empty where there is none. */
  findEntry(line: number, column: number): object {
    const { starts, columns, sources, lines } = this.#entries;
    let generatedLine = Math.min(line, starts.length - 2);
    if (generatedLine < 0) return {};
    let low = starts[generatedLine] ?? 0;
    let high = starts[generatedLine + 1] ?? 0;
    // The first entry behind the place.
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((columns[middle] ?? 0) <= column) low = middle + 1;
      else high = middle;
    }
    const index = low - 1;
    const originalSource = this.#sources[sources[index] ?? NO_SOURCE];
    if (originalSource === undefined) return {};
    while ((starts[generatedLine] ?? 0) > index) generatedLine -= 1;
    return { generatedLine, originalSource, originalLine: lines[index] };
  }
}

/** @throws an `Error` at what is no base64 digit or a number of more than 32 bits */
function decode(mappings: string): Entries {
  // Every entry ends with one of these or the text.
  const most = mappings.split(/[,;]/).length;
  const entries = {
    starts: [0],
    columns: new Int32Array(most),
    sources: new Int32Array(most).fill(NO_SOURCE),
    lines: new Int32Array(most),
  };
  let count = 0;
  let field = 0;
  let value = 0;
  let shift = 0;
  let column = 0;
  let source = 0;
  let line = 0;
  for (let i = 0; i <= mappings.length; i += 1) {
    const code = i < mappings.length ? mappings.charCodeAt(i) : SEMICOLON;
    if (code === COMMA || code === SEMICOLON) {
      if (field > 0) count += 1;
      field = 0;
      if (code === SEMICOLON) {
        entries.starts.push(count);
        column = 0;
      }
      continue;
    }
    const digit = DIGITS[code] ?? -1;
    if (digit === -1 || shift > 25) throw new Error(`bad mappings at ${i}`);
    value |= (digit & 31) << shift;
    shift += 5;
    if ((digit & 32) !== 0) continue;
    const step = (value & 1) === 1 ? -(value >>> 1) : value >>> 1;
    value = 0;
    shift = 0;
    // Each is told by how far it is from the one before.
    if (field === 0) entries.columns[count] = column += step;
    else if (field === 1) entries.sources[count] = source += step;
    else if (field === 2) entries.lines[count] = line += step;
    field += 1;
  }
  return entries;
}
