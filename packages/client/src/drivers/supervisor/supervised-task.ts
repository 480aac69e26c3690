import type { Clock } from '@steppe/runtime';
import { sleep } from '@steppe/runtime';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { clientError } from '../../errors.js';
import type { RunningTask, TaskExit, TaskStart, TaskUsage } from '../task-driver.js';
import { usageOfGroup } from '../process-usage.js';
import { isSameProcess, killGroup, startOf } from './process-group.js';
import type { NotedExit, SupervisedCommand, SupervisorReport } from './supervised-command.js';

/** What to run for a task. */
export interface TaskCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** See {@link SupervisedCommand}. */
  readonly heartbeatMs: number;
}

export interface SupervisorDeps {
  readonly clock: Clock;
  /** File of the supervisor program. */
  readonly program: string;
}

interface Handle {
  readonly supervisor: { readonly pid: number; readonly start: string };
  readonly pid: number;
  readonly start: string;
}

/** Of a task's folder; not shown to anybody. */
export const OWN_FOLDER = '.steppe';
const POLL_MS = 250;
const MIB = 1_024 * 1_024;
/** A supervisor needs little. */
const SUPERVISOR_FLAGS = ['--max-old-space-size=32', '--max-semi-space-size=1'];

/** Starts a command under a supervisor of its own. @throws DRIVER_START_FAILED */
export async function startSupervised(
  task: TaskStart,
  command: TaskCommand,
  deps: SupervisorDeps,
): Promise<RunningTask> {
  mkdirSync(dirname(exitFile(task)), { recursive: true });
  rmSync(exitFile(task), { force: true });
  // The folder is for whoever looks at a list of processes.
  const supervisor = spawn(process.execPath, [...SUPERVISOR_FLAGS, deps.program, task.taskFolder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore', 'ipc'],
    // Nothing of the agent's own environment, which may hold secrets.
    env: {},
  });
  const reported = new Promise<SupervisorReport>((resolve) => {
    supervisor.once('message', (message) => resolve(message as SupervisorReport));
    supervisor.once('error', (error) => resolve({ kind: 'failed', message: error.message }));
    supervisor.once('exit', (code) => resolve({ kind: 'failed', message: `its supervisor ended with code ${code}` }));
  });
  supervisor.stdin?.on('error', () => undefined);
  supervisor.stdin?.end(JSON.stringify(supervised(task, command)));
  const report = await reported;
  if (report.kind === 'failed') {
    throw clientError(
      { code: 'DRIVER_START_FAILED', task: task.taskName },
      `failed to start ${command.command}: ${report.message}`,
    );
  }
  supervisor.unref();
  supervisor.channel?.unref();
  const pid = supervisor.pid ?? 0;
  const handle = { supervisor: { pid, start: startOf(pid) }, pid: report.pid, start: startOf(report.pid) };
  const ended = new Promise<void>((resolve) => supervisor.once('exit', () => resolve()));
  return new SupervisedTask(task, handle, { ...deps, ended: () => ended });
}

/** Finds a task again; `undefined` when it is gone without a trace. */
export function recoverSupervised(
  handle: Readonly<Record<string, unknown>>,
  task: TaskStart,
  deps: SupervisorDeps,
): RunningTask | undefined {
  const known = handle as unknown as Handle;
  const isThere = isSameProcess(known.supervisor) || isSameProcess(known);
  if (!isThere && notedExit(task) === undefined) return undefined;
  const ended = async (): Promise<void> => {
    while (isSameProcess(known.supervisor)) await sleep(deps.clock, POLL_MS);
  };
  return new SupervisedTask(task, known, { ...deps, ended });
}

function supervised(task: TaskStart, command: TaskCommand): SupervisedCommand {
  const { maxFiles, maxFileSizeMb, disabled } = task.logs;
  return {
    ...command,
    folder: task.taskFolder,
    exitFile: exitFile(task),
    logs: { folder: task.logFolder, task: task.taskName, maxFiles, maxBytes: maxFileSizeMb * MIB, disabled },
  };
}

/** Beside what the task itself has, as it may be asked for again as long as that is there. */
const exitFile = ({ taskFolder }: TaskStart): string => join(taskFolder, OWN_FOLDER, 'exit.json');

function notedExit(task: TaskStart): TaskExit | undefined {
  try {
    return JSON.parse(readFileSync(exitFile(task), 'utf8')) as NotedExit;
  } catch {
    return undefined;
  }
}

class SupervisedTask implements RunningTask {
  readonly handle: Readonly<Record<string, unknown>>;
  readonly exit: Promise<TaskExit>;
  readonly #deps: SupervisorDeps;
  readonly #pid: number;
  #isOver = false;

  constructor(task: TaskStart, handle: Handle, deps: SupervisorDeps & { readonly ended: () => Promise<void> }) {
    this.handle = { ...handle };
    this.#pid = handle.pid;
    this.#deps = deps;
    this.exit = deps.ended().then(() => {
      this.#isOver = true;
      const exit = notedExit(task);
      if (exit !== undefined) return exit;
      // Somebody has killed the supervisor: nobody would learn how the task ends, or see what it says.
      if (isSameProcess(handle)) killGroup(handle.pid, 'SIGKILL');
      return { exitCode: -1, signal: constants.signals.SIGKILL, oomKilled: false, reason: 'its supervisor is gone' };
    });
  }

  async signal(signal: string): Promise<void> {
    if (!this.#isOver) killGroup(this.#pid, signalOf(signal));
  }

  async stop({ signal, timeoutMs }: { readonly signal: string; readonly timeoutMs: number }): Promise<void> {
    if (this.#isOver) return;
    killGroup(this.#pid, signalOf(signal === '' ? 'SIGINT' : signal));
    const patience = new AbortController();
    const over = sleep(this.#deps.clock, timeoutMs, { signal: patience.signal }).then(
      () => true,
      () => false,
    );
    const isLate = await Promise.race([over, this.exit.then(() => false)]);
    patience.abort();
    if (isLate) killGroup(this.#pid, 'SIGKILL');
    await this.exit;
  }

  async usage(): Promise<TaskUsage> {
    return usageOfGroup(this.#pid);
  }

  async detach(): Promise<void> {
    // The supervisor goes on by itself.
  }
}

/** @throws DRIVER_SIGNAL_INVALID */
function signalOf(name: string): NodeJS.Signals {
  const signal = name.startsWith('SIG') ? name : `SIG${name}`;
  if (signal in constants.signals) return signal as NodeJS.Signals;
  throw clientError({ code: 'DRIVER_SIGNAL_INVALID', signal: name }, `unknown signal "${name}"`);
}
