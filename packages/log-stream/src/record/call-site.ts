import { findSourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';

/** A place in the source. */
export interface SourcePosition {
  /** Absolute path, of the TypeScript source when a source map is loaded. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
}

/** What is needed of a source map: 0-based positions in, 0-based positions and a URL or path out. */
interface SourceMapLookup {
  findEntry(line: number, column: number): object;
}

export type FindSourceMap = (file: string) => SourceMapLookup | undefined;

/**
 * The caller of a log method. Capturing keeps one raw stack frame (microseconds); finding file and line, and mapping
 * them to the source, waits until somebody prints them.
 */
export class CallSite {
  readonly #holder: { readonly stack?: unknown };
  readonly #frame: number;
  readonly #findSourceMap: FindSourceMap;
  #position: SourcePosition | undefined;
  #resolved = false;

  private constructor(holder: object, frame: number, find: FindSourceMap) {
    this.#holder = holder;
    this.#frame = frame;
    this.#findSourceMap = find;
  }

  /** @param depth - which caller: 0 is the function that calls this one */
  static capture(depth: number, find: FindSourceMap = findSourceMap): CallSite {
    const holder = {};
    const limit = Error.stackTraceLimit;
    // On top of the stack stands this function itself.
    Error.stackTraceLimit = depth + 2;
    Error.captureStackTrace(holder);
    Error.stackTraceLimit = limit;
    return new CallSite(holder, depth + 1, find);
  }

  /** A place that is known already. */
  static at(position: SourcePosition): CallSite {
    const site = new CallSite({}, 0, () => undefined);
    site.#position = position;
    site.#resolved = true;
    return site;
  }

  /** `undefined` for a caller without a file, such as evaluated code. */
  get position(): SourcePosition | undefined {
    if (!this.#resolved) {
      this.#resolved = true;
      this.#position = this.#resolve();
    }
    return this.#position;
  }

  #resolve(): SourcePosition | undefined {
    const frame = rawFrames(this.#holder)?.[this.#frame];
    const name = frame?.getFileName();
    const line = frame?.getLineNumber();
    if (frame === undefined || !name || !line) return undefined;
    const file = pathOf(name);
    const entry = this.#findSourceMap(name)?.findEntry(line - 1, (frame.getColumnNumber() ?? 1) - 1);
    if (entry !== undefined && 'originalSource' in entry && 'originalLine' in entry) {
      return { file: pathOf(String(entry.originalSource)), line: Number(entry.originalLine) + 1 };
    }
    return { file, line };
  }
}

/** V8 formats a stack on first access: for that moment we take its place and keep the frames as they are. */
function rawFrames(holder: { readonly stack?: unknown }): readonly NodeJS.CallSite[] | undefined {
  const formatter: unknown = Reflect.get(Error, 'prepareStackTrace');
  Error.prepareStackTrace = (_error, frames) => frames;
  try {
    return holder.stack as readonly NodeJS.CallSite[] | undefined;
  } finally {
    Reflect.set(Error, 'prepareStackTrace', formatter);
  }
}

const pathOf = (source: string): string => (source.startsWith('file:') ? fileURLToPath(source) : source);
