import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { killGroup } from './process-group.js';
import { RotatingFile } from './rotating-file.js';
import type { NotedExit, SupervisedCommand, SupervisorReport } from './supervised-command.js';

/**
 * Runs a command in a process group of its own, keeps its output, and notes how it ended. Resolves then.
 * @param report - told once, as soon as it is clear whether the command runs
 */
export function supervise(command: SupervisedCommand, report: (report: SupervisorReport) => void): Promise<void> {
  const { folder, env, logs, heartbeatMs } = command;
  return new Promise((resolve) => {
    const child = spawn(command.command, [...command.args], {
      cwd: folder,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', heartbeatMs > 0 ? 'pipe' : 'ignore'],
    });
    let reason = '';
    child.once('error', (error) => {
      if (child.pid !== undefined) return;
      report({ kind: 'failed', message: error.message });
      resolve();
    });
    child.once('spawn', () => report({ kind: 'started', pid: child.pid ?? 0 }));
    if (logs.disabled) {
      child.stdout?.resume();
      child.stderr?.resume();
    } else {
      keep(child.stdout, command, 'stdout');
      keep(child.stderr, command, 'stderr');
    }
    const heart =
      heartbeatMs > 0
        ? new Heart(child, heartbeatMs, (text) => {
            reason = text;
          })
        : undefined;
    // Not `close`: what the command has started in the background may hold its output open.
    child.once('exit', (code, signal) => {
      heart?.stop();
      const number = signal === null ? 0 : constants.signals[signal];
      note(command.exitFile, { exitCode: code ?? 128 + number, signal: number, oomKilled: false, reason });
      // The rest of a group whose leader is gone belongs to nobody.
      killGroup(child.pid ?? 0, 'SIGKILL');
      const drained = setTimeout(resolve, DRAIN_MS);
      child.once('close', () => {
        clearTimeout(drained);
        resolve();
      });
    });
  });
}

/** How long output may still come after the end, milliseconds. */
const DRAIN_MS = 2_000;

function keep(stream: Readable | null, { logs }: SupervisedCommand, name: 'stdout' | 'stderr'): void {
  const { folder, task, maxFiles, maxBytes } = logs;
  const file = new RotatingFile({ folder, name: `${task}.${name}`, maxFiles, maxBytes });
  stream?.on('data', (chunk: Buffer) => {
    try {
      file.write(chunk);
    } catch {
      // A full disk costs output, not the task.
    }
  });
}

/** Ends a process that does not give a sign of life in time. */
class Heart {
  readonly #timer: NodeJS.Timeout;

  constructor(child: ChildProcess, heartbeatMs: number, tell: (reason: string) => void) {
    const timer = setTimeout(() => {
      tell(`no sign of life for ${heartbeatMs} ms`);
      killGroup(child.pid ?? 0, 'SIGKILL');
    }, heartbeatMs);
    this.#timer = timer;
    child.stdio[3]?.on('data', () => timer.refresh());
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/** Whoever looks finds all of it or nothing. */
function note(file: string, exit: NotedExit): void {
  writeFileSync(`${file}.new`, JSON.stringify(exit));
  renameSync(`${file}.new`, file);
}
