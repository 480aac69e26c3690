import type { AgentConfig } from '@steppe/config';
import type { LogHistory, LogHub } from '@steppe/log-stream';
import { LogRing, RotatingLogFile, SyslogSink } from '@steppe/log-stream';
import type { Clock, Metrics } from '@steppe/runtime';
import { parseLogLevel } from '@steppe/runtime';
import { join } from 'node:path';
import type { AgentHost } from './agent-host.js';

interface LogOutputDeps {
  readonly host: AgentHost;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/** Where the agent's own log lines go: the terminal, and where they are configured a rotated file, the ring of records and the system log. */
export class LogOutput {
  readonly #host: AgentHost;
  readonly #file: RotatingLogFile | undefined;
  readonly #ring: LogRing | undefined;
  readonly #openSyslog: ((hub: LogHub) => SyslogSink) | undefined;
  #syslog: SyslogSink | undefined;

  /** Opens file and ring, so that a path that cannot be written fails the composition. */
  constructor(config: AgentConfig, { host, clock, metrics }: LogOutputDeps) {
    this.#host = host;
    this.#ring = openRing(config, { clock, metrics });
    const { enableSyslog, syslogFacility: facility } = config;
    if (enableSyslog) {
      this.#openSyslog = (hub) =>
        new SyslogSink(
          { facility, platform: host.platform, env: host.environment },
          {
            clock,
            metrics,
            onFailure: (reason) => hub.logger('agent').error('the system log is not reached', { reason }),
          },
        );
    }
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

  /** The records that are kept; `undefined` where none are. */
  get history(): LogHistory | undefined {
    return this.#ring;
  }

  /** From now on the hub's lines go here. */
  attach(hub: LogHub): void {
    hub.addSink({ write: this.#host.writeLog });
    if (this.#file !== undefined) hub.addSink(this.#file);
    if (this.#ring !== undefined) hub.addRecordSink(this.#ring);
    this.#syslog = this.#openSyslog?.(hub);
    if (this.#syslog !== undefined) hub.addSink(this.#syslog);
  }

  /** Resolves when every line is on disk. */
  async close(): Promise<void> {
    await Promise.all([this.#file?.close(), this.#ring?.close(), this.#syslog?.close()]);
  }
}

function openRing({ logRing, dataDir }: AgentConfig, deps: Omit<LogOutputDeps, 'host'>): LogRing | undefined {
  if (!logRing.enabled) return undefined;
  const { maxBytes, maxAgeMs } = logRing;
  const path = logRing.path === '' ? join(dataDir, 'logs') : logRing.path;
  const level = parseLogLevel(logRing.level);
  return new LogRing({ path, maxBytes, maxAgeMs, ...(level === undefined ? {} : { level }) }, deps);
}
