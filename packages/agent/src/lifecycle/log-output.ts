import type { AgentConfig } from '@steppe/config';
import type { LogHub } from '@steppe/log-stream';
import { RotatingLogFile } from '@steppe/log-stream';
import type { Clock } from '@steppe/runtime';
import type { AgentHost } from './agent-host.js';

/** Where the agent's own log lines go: the terminal, and a rotated file where one is configured. */
export class LogOutput {
  readonly #host: AgentHost;
  readonly #file: RotatingLogFile | undefined;

  /** Opens the file, so that a path that cannot be written fails the composition. */
  constructor(config: AgentConfig, { host, clock }: { readonly host: AgentHost; readonly clock: Clock }) {
    this.#host = host;
    if (config.logFile === '') return;
    const {
      logFile: path,
      logRotateBytes: rotateBytes,
      logRotateDurationMs: rotateDurationMs,
      logRotateMaxFiles: maxFiles,
    } = config;
    this.#file = new RotatingLogFile({ path, rotateBytes, rotateDurationMs, maxFiles }, { clock });
  }

  /** The file now written to; `undefined` when there is none. */
  get filePath(): string | undefined {
    return this.#file?.currentPath;
  }

  /** From now on the hub's lines go here. */
  attach(hub: LogHub): void {
    hub.addSink({ write: this.#host.writeLog });
    if (this.#file !== undefined) hub.addSink(this.#file);
  }

  /** Resolves when every line is on disk. */
  async close(): Promise<void> {
    await this.#file?.close();
  }
}
