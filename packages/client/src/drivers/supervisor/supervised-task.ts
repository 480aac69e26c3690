import type { Clock } from '@steppe/runtime';
import type { Socket } from 'node:net';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import { clientError } from '../../errors.js';
import type { ProcessTable } from '../process-table.js';
import type { RunningTask, TaskExit, TaskUsage } from '../task-driver.js';
import { exitOf } from './control-folder.js';
import type { ControlFolder } from './control-folder.js';

/** Which process a task is: the pid alone may be another's by now. */
export interface TaskHandle {
  readonly pid: number;
  readonly startTicks: string;
}

export interface SupervisedTaskOptions {
  readonly handle: TaskHandle;
  /** Used by `stop` when it is given none. */
  readonly defaultSignal: string;
  /** The signals that it can get; default: all the system has. */
  readonly signals?: readonly string[];
}

export interface SupervisedTaskDeps {
  readonly clock: Clock;
  readonly processes: ProcessTable;
  readonly folder: ControlFolder;
  /** To the supervisor; `undefined` when it is gone. */
  readonly socket: Socket | undefined;
}

/** A task that a supervisor runs, seen from the agent. */
export class SupervisedTask implements RunningTask {
  readonly handle: Readonly<Record<string, unknown>>;
  readonly exit: Promise<TaskExit>;
  readonly #options: SupervisedTaskOptions;
  readonly #deps: SupervisedTaskDeps;
  readonly #replies = new Map<number, (error: string | undefined) => void>();
  #nextId = 1;
  #ended: TaskExit | undefined;
  #isDetached = false;

  constructor(options: SupervisedTaskOptions, deps: SupervisedTaskDeps) {
    this.handle = { ...options.handle };
    this.#options = options;
    this.#deps = deps;
    this.exit = this.#watch();
  }

  async signal(signal: string): Promise<void> {
    const { signals } = this.#options;
    if (!(signal in constants.signals) || (signals !== undefined && !signals.includes(signal))) {
      const which = signals === undefined ? '' : `; this task gets ${signals.join(', ')}`;
      throw clientError({ code: 'DRIVER_SIGNAL_INVALID', signal }, `invalid signal ${JSON.stringify(signal)}${which}`);
    }
    await this.#ask({ type: 'signal', signal });
  }

  async stop({ signal, timeoutMs }: { readonly signal: string; readonly timeoutMs: number }): Promise<void> {
    const chosen = signal in constants.signals ? signal : this.#options.defaultSignal;
    // Whoever cannot be asked is killed below.
    await this.#ask({ type: 'stop', signal: chosen }).catch(() => undefined);
    const timer = this.#deps.clock.setTimer(timeoutMs, () => this.#kill());
    await this.exit;
    timer.cancel();
  }

  async usage(): Promise<TaskUsage> {
    if (this.#ended !== undefined) return { memoryBytes: 0, userMs: 0, systemMs: 0, pids: [] };
    return this.#deps.processes.groupUsage(this.#options.handle.pid);
  }

  async detach(): Promise<void> {
    this.#isDetached = true;
    this.#deps.socket?.destroy();
    this.#failReplies();
    return Promise.resolve();
  }

  #watch(): Promise<TaskExit> {
    const { socket, folder } = this.#deps;
    const { pid } = this.#options.handle;
    return new Promise((resolve) => {
      const end = (exit: TaskExit): void => {
        this.#ended = exit;
        this.#failReplies();
        resolve(exit);
      };
      const closed = async (): Promise<void> => {
        if (this.#isDetached || this.#ended !== undefined) return;
        const exit = await folder.exit(pid);
        if (exit === undefined) await killOrphans(this.#options.handle, this.#deps.processes);
        end(exit ?? { exitCode: 137, signal: 9, oomKilled: false, reason: 'the supervisor of the task is gone' });
      };
      if (socket === undefined) {
        void closed();
        return;
      }
      // An error is followed by the close.
      socket.on('error', () => undefined);
      socket.once('close', () => void closed());
      createInterface(socket)
        .on('line', (line) => this.#hear(line, end))
        .on('error', () => undefined);
    });
  }

  #hear(line: string, end: (exit: TaskExit) => void): void {
    const message = parse(line);
    const exit = exitOf(message, this.#options.handle.pid);
    if (exit !== undefined && this.#ended === undefined) end(exit);
    if (message['type'] !== 'reply') return;
    const id = Number(message['id']);
    this.#replies.get(id)?.(String(message['error']));
    this.#replies.delete(id);
  }

  /** A task that has ended gets nothing any more, which is no error. */
  async #ask(command: Readonly<Record<string, string>>): Promise<void> {
    if (this.#ended !== undefined) return;
    const { socket } = this.#deps;
    const id = this.#nextId++;
    const error = await new Promise<string | undefined>((resolve) => {
      this.#replies.set(id, resolve);
      socket?.write(`${JSON.stringify({ ...command, id })}\n`);
      if (socket === undefined || socket.destroyed) this.#failReplies();
    });
    if (error === '' || this.#ended !== undefined) return;
    throw clientError(
      { code: 'DRIVER_SUPERVISOR_LOST' },
      `the supervisor of the task did not ${command['type']} it: ${error ?? 'it is gone'}`,
    );
  }

  #failReplies(): void {
    for (const reply of this.#replies.values()) reply(undefined);
    this.#replies.clear();
  }

  #kill(): void {
    this.#ask({ type: 'kill' }).catch(() => undefined);
  }
}

/** Ends the processes of a task that has lost its supervisor: its output goes nowhere, and a second one may be started. */
export async function killOrphans({ pid, startTicks }: TaskHandle, processes: ProcessTable): Promise<void> {
  if (startTicks === '' || (await processes.startTicks(pid)) !== startTicks) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}

/** Whoever speaks on the socket may be cut off in the middle of a line. */
function parse(line: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(line)) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}
