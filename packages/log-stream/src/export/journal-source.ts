import { errorMessage, formatGoDuration } from '@steppe/domain';
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { logStreamError } from '../errors.js';
import type { LogSource, LogSourceRequest } from './log-source.js';
import { validateServiceName } from './service-name.js';

const COMMAND = 'journalctl';
/** What is kept of the program's complaints. */
const MAX_STDERR_BYTES = 64 * 1024;

export interface JournalSourceOptions {
  /** Only `linux` has a journal. */
  readonly platform: NodeJS.Platform;
  /** Environment of the program, whose `PATH` is also where it is looked for; default that of the agent. */
  readonly env?: NodeJS.ProcessEnv;
}

type Journalctl = ChildProcessByStdio<null, Readable, Readable>;

/**
 * The system journal of one unit, read by `journalctl`: its output to the end, then what it printed to stderr.
 * The program never outlives the request.
 */
export class JournalSource implements LogSource {
  readonly name = 'service_name';
  readonly #options: JournalSourceOptions;

  constructor(options: JournalSourceOptions) {
    this.#options = options;
  }

  async open(
    { serviceName, sinceNanoseconds, follow }: LogSourceRequest,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<AsyncIterable<Uint8Array>> {
    const { platform, env } = this.#options;
    validateServiceName(serviceName);
    if (platform !== 'linux') {
      throw logStreamError(
        { code: 'JOURNALD_UNSUPPORTED', platform },
        'journald log monitoring only available on linux',
      );
    }
    signal.throwIfAborted();
    // One argument each, no shell: the name comes from outside.
    const args = [
      '-xu',
      serviceName,
      '--since',
      `${formatGoDuration(sinceNanoseconds)} ago`,
      ...(follow ? ['-f'] : []),
    ];
    const child = spawn(COMMAND, args, { stdio: ['ignore', 'pipe', 'pipe'], ...(env === undefined ? {} : { env }) });
    try {
      await once(child, 'spawn');
    } catch (error) {
      throw unavailable(error);
    }
    return output(child, signal);
  }
}

function output(child: Journalctl, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const kill = (): void => void child.kill('SIGKILL');
  // Failing to kill a program that is gone is no failure.
  child.on('error', () => undefined);
  signal.addEventListener('abort', kill, { once: true });
  if (signal.aborted) kill();
  const complaints: Buffer[] = [];
  let complaintBytes = 0;
  child.stderr.on('data', (piece: Buffer) => {
    if (complaintBytes >= MAX_STDERR_BYTES) return;
    complaints.push(piece);
    complaintBytes += piece.length;
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return (async function* pieces() {
    try {
      yield* child.stdout as AsyncIterable<Uint8Array>;
      await closed;
      if (!signal.aborted) yield* complaints;
    } finally {
      signal.removeEventListener('abort', kill);
      kill();
    }
  })();
}

function unavailable(error: unknown): Error {
  const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
  const reason = missing ? 'executable file not found in $PATH' : errorMessage(error);
  return logStreamError({ code: 'JOURNALCTL_UNAVAILABLE', command: COMMAND }, `exec: "${COMMAND}": ${reason}`, error);
}
