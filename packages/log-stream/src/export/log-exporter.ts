import type { Clock } from '@steppe/runtime';
import { collectByKey } from '@steppe/runtime';
import { logStreamError } from '../errors.js';
import type { ByteSink } from '../monitor/byte-sink.js';
import type { LogSource, LogSourceRequest } from './log-source.js';
import { writeExport } from './write-export.js';

/** An opened export, to be written once. */
export interface LogExport {
  /** Resolves at the end of the data or when the signal aborts. */
  run(sink: ByteSink, options: { readonly plain: boolean; readonly signal: AbortSignal }): Promise<void>;
}

/** Past log lines by source name. */
export interface LogExporter {
  /**
   * Opens a source. Every failure here comes before the first byte, so it can still set a status.
   * @param options - `signal` also frees an export that was opened and never run
   * @throws LOG_SOURCE_UNKNOWN, and what the source throws
   */
  open(source: string, request: LogSourceRequest, options: { readonly signal: AbortSignal }): Promise<LogExport>;
}

export interface LogExporterDeps {
  readonly clock: Clock;
  readonly sources: readonly LogSource[];
}

export class LogExporterImpl implements LogExporter {
  readonly #clock: Clock;
  readonly #sources: ReadonlyMap<string, LogSource>;

  constructor({ clock, sources }: LogExporterDeps) {
    this.#clock = clock;
    this.#sources = collectByKey('LogSource', sources, (source) => source.name);
  }

  async open(
    name: string,
    request: LogSourceRequest,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<LogExport> {
    const source = this.#sources.get(name);
    if (source === undefined) {
      throw logStreamError({ code: 'LOG_SOURCE_UNKNOWN', source: name }, `unknown log source: ${name}`);
    }
    const bytes = await source.open(request, { signal });
    return { run: (sink, options) => writeExport(bytes, sink, { ...options, clock: this.#clock }) };
  }
}
