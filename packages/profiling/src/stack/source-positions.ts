import { findSourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';
import { SourceMapFiles } from './source-map-files.js';
import type { SourceMapLookup } from './source-map.js';
import type { Frame } from './stack-profile.js';

/** A function as V8 names it: 0-based line and column of its beginning, -1 for native code. */
export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

export interface SourcePositionsOptions {
  /** Leading part of paths that readers need not see, normally where the agent is installed; default none. */
  readonly installPrefix?: string;
  /**
   * Default: the maps Node.js keeps of loaded scripts when started with `--enable-source-maps`, else the file `<script>.map`
   * beside a script.
   */
  readonly findSourceMap?: (url: string) => SourceMapLookup | undefined;
}

interface MapEntry {
  readonly generatedLine: number;
  readonly originalSource: string;
  readonly originalLine: number;
}

/** Turns V8's places into places of the source: TypeScript where a map is loaded, paths instead of URLs, lines from 1. */
export class SourcePositions {
  readonly #installPrefix: string;
  readonly #findSourceMap: (url: string) => SourceMapLookup | undefined;

  constructor(options: SourcePositionsOptions = {}) {
    this.#installPrefix = options.installPrefix ?? '';
    this.#findSourceMap = options.findSourceMap ?? anySourceMap();
  }

  /** A function, at the line where it begins. */
  frameOf(callFrame: CallFrame): Frame {
    const functionName = callFrame.functionName || '(anonymous)';
    const { url, lineNumber, columnNumber } = callFrame;
    if (url === '') return { functionName, file: '', line: 0 };
    const entry = this.#entry(url, lineNumber, columnNumber);
    return { functionName, ...(entry ?? { file: this.#pathOf(url), line: lineNumber + 1 }) };
  }

  /**
   * A place within a function. V8 also counts code of other functions that it inlined, by lines of their scripts: a line that
   * cannot be of this function becomes its beginning.
   * @param line - 1-based, of the script that was loaded
   */
  frameAt(callFrame: CallFrame, line: number): Frame {
    const { url } = callFrame;
    const beginning = this.frameOf(callFrame);
    // The line's column is unknown: an entry of an earlier line means that nothing of this one begins at its start.
    const entry = this.#entry(url, line - 1, 0, true) ?? this.#entry(url, line - 1, Number.MAX_SAFE_INTEGER);
    const place = entry ?? { file: this.#pathOf(url), line };
    const isWithin = place.file === beginning.file && place.line >= beginning.line;
    return isWithin ? { functionName: beginning.functionName, ...place } : beginning;
  }

  #entry(url: string, line: number, column: number, sameLine = false): { file: string; line: number } | undefined {
    const entry = this.#findSourceMap(url)?.findEntry(line, column);
    if (!isMapEntry(entry) || (sameLine && entry.generatedLine !== line)) return undefined;
    return { file: this.#pathOf(entry.originalSource), line: entry.originalLine + 1 };
  }

  #pathOf(url: string): string {
    let path = url;
    if (url.startsWith('file:')) {
      try {
        path = fileURLToPath(url);
      } catch {
        // Not a path of this machine; the URL is the best name there is.
      }
    }
    return path.startsWith(this.#installPrefix) ? path.slice(this.#installPrefix.length) : path;
  }
}

function anySourceMap(): (url: string) => SourceMapLookup | undefined {
  const files = new SourceMapFiles();
  return (url) => findSourceMap(url) ?? files.find(url);
}

function isMapEntry(entry: object | undefined): entry is MapEntry {
  return entry !== undefined && 'originalSource' in entry && 'originalLine' in entry && 'generatedLine' in entry;
}
