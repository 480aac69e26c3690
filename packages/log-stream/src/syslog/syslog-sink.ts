import type { Clock, Metrics, RecordLevel, Timer } from '@steppe/runtime';
import { noMetrics } from '@steppe/runtime';
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import type { Writable } from 'node:stream';
import { logStreamError } from '../errors.js';
import type { LogSink } from '../hub/log-hub.js';
import { LOG_METRICS } from '../metrics.js';

const COMMAND = 'logger';
/** The name lines carry, as the reference's do. */
const TAG = 'nomad';
/** What a system log that does not listen may hold back in memory; lines beyond it are lost and counted. */
const MAX_PENDING_BYTES = 1024 * 1024;
const RESTART_MS = 1_000;
/** By RFC 5424, in the order of their numbers. */
const FACILITIES = (
  'KERN USER MAIL DAEMON AUTH SYSLOG LPR NEWS UUCP CRON AUTHPRIV FTP ' +
  'NTP AUDIT ALERT CLOCK LOCAL0 LOCAL1 LOCAL2 LOCAL3 LOCAL4 LOCAL5 LOCAL6 LOCAL7'
).split(' ');
const SEVERITIES: Readonly<Record<RecordLevel, number>> = { trace: 7, debug: 7, info: 6, warn: 4, error: 3 };

export interface SyslogOptions {
  /** `syslog_facility`, such as `LOCAL0`, in any case. */
  readonly facility: string;
  /** Only `linux` has the program that is needed. */
  readonly platform: NodeJS.Platform;
  /** Environment of the program, whose `PATH` is also where it is looked for; default that of the agent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface SyslogDeps {
  readonly clock: Clock;
  readonly metrics?: Metrics;
  /** Told once when lines begin not to arrive, and why. */
  readonly onFailure: (reason: string) => void;
}

type LoggerProgram = ChildProcessByStdio<Writable, null, null>;

/**
 * The system log. The program `logger` (util-linux) brings the lines there: Node.js has no datagram sockets of the file system, and
 * a system log that listens on UDP is the exception. One program for all lines, started anew when it ends.
 */
export class SyslogSink implements LogSink {
  readonly #options: SyslogOptions;
  readonly #clock: Clock;
  readonly #metrics: Metrics;
  readonly #onFailure: (reason: string) => void;
  readonly #facility: number;
  #program: LoggerProgram | undefined;
  #restart: Timer | undefined;
  #hasFailed = false;
  #closed = false;

  /** @throws SYSLOG_UNSUPPORTED, SYSLOG_FACILITY_INVALID */
  constructor(options: SyslogOptions, { clock, metrics = noMetrics, onFailure }: SyslogDeps) {
    const { facility, platform } = options;
    this.#options = options;
    this.#clock = clock;
    this.#metrics = metrics;
    this.#onFailure = onFailure;
    this.#facility = FACILITIES.indexOf(facility.toUpperCase());
    if (this.#facility === -1) {
      throw logStreamError({ code: 'SYSLOG_FACILITY_INVALID', facility }, `invalid syslog facility: ${facility}`);
    }
    if (platform !== 'linux') {
      throw logStreamError({ code: 'SYSLOG_UNSUPPORTED', platform }, `syslog is not available on ${platform}`);
    }
    this.#start();
  }

  write(line: string, level: RecordLevel): void {
    if (this.#closed) return;
    const input = this.#program?.stdin;
    if (input === undefined || !input.writable || input.writableLength > MAX_PENDING_BYTES) {
      this.#metrics.incrCounter(LOG_METRICS.sinkError, 1, { sink: 'syslog' });
      return;
    }
    input.write(`<${this.#facility * 8 + SEVERITIES[level]}>${messageOf(line)}\n`);
  }

  /** Resolves when the program has taken everything, or is gone. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#restart?.cancel();
    const program = this.#program;
    if (program === undefined || program.exitCode !== null || program.pid === undefined) return;
    const ended = new Promise<void>((resolve) => program.once('close', () => resolve()));
    program.stdin.end();
    await ended;
  }

  #start(): void {
    const { env } = this.#options;
    const program = spawn(COMMAND, ['--prio-prefix', '--tag', TAG], {
      stdio: ['pipe', 'ignore', 'ignore'],
      ...(env === undefined ? {} : { env }),
    });
    this.#program = program;
    // Writing to a program that has just ended fails; that it has ended is told below.
    program.stdin.on('error', () => undefined);
    program.once('spawn', () => (this.#hasFailed = false));
    program.once('error', (error: NodeJS.ErrnoException) =>
      this.#ended(error.code === 'ENOENT' ? `exec: "${COMMAND}": executable file not found in $PATH` : error.message),
    );
    program.once('exit', (code, signal) => this.#ended(`${COMMAND} ended: ${signal ?? code}`));
  }

  #ended(reason: string): void {
    if (this.#closed) return;
    this.#program = undefined;
    this.#restart?.cancel();
    this.#restart = this.#clock.setTimer(RESTART_MS, () => this.#start());
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#onFailure(reason);
  }
}

/** Time and level are the system log's affair. */
const PREAMBLE = /^\S+ \[[A-Z]+\] {1,2}/;

/** One line, whatever is logged: a line feed would begin a message of its own, with a priority of its own choosing. */
function messageOf(line: string): string {
  return line
    .replace(/\n$/, '')
    .replace(PREAMBLE, '')
    .replaceAll(/\p{Cc}/gu, (char) => `#${(char.codePointAt(0) ?? 0).toString(8).padStart(3, '0')}`);
}
