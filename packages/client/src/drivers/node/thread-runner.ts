import type { Clock, Timer } from '@steppe/runtime';
import { Worker } from 'node:worker_threads';
import { clientError } from '../../errors.js';
import { RotatingFile } from '../supervisor/rotating-file.js';
import type { RunningTask, TaskExit, TaskStart, TaskUsage } from '../task-driver.js';
import type { ModuleTask } from './module-task.js';

export interface ThreadDeps {
  readonly clock: Clock;
  /** File of the program that runs in the thread. */
  readonly program: string;
}

const MIB = 1_024 * 1_024;
/** Signals that ask a task to end, without `SIG`. */
const ENDING = ['INT', 'TERM', 'QUIT'];

/** Runs a module in a thread of this process: it starts at once, and ends with the agent. */
export function startThread(start: TaskStart, task: ModuleTask, deps: ThreadDeps): Promise<RunningTask> {
  const { memoryMb, memoryMaxMb } = start.resources;
  const worker = new Worker(deps.program, {
    name: start.taskName,
    workerData: task,
    env: { ...start.env },
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: memoryMaxMb || memoryMb },
  });
  return new Promise((resolve, reject) => {
    worker.once('online', () => resolve(running));
    worker.once('error', (error) =>
      reject(
        clientError(
          { code: 'DRIVER_START_FAILED', task: start.taskName },
          `failed to start ${task.module}: ${error.message}`,
        ),
      ),
    );
    const running = new ThreadTask(worker, start, task, deps);
  });
}

class ThreadTask implements RunningTask {
  /** There is nothing to find again. */
  readonly handle = {};
  readonly exit: Promise<TaskExit>;
  readonly #worker: Worker;
  readonly #clock: Clock;
  #reason = '';
  #exitCode: number | undefined;
  #isOver = false;

  constructor(worker: Worker, start: TaskStart, { heartbeatMs }: ModuleTask, { clock }: ThreadDeps) {
    this.#worker = worker;
    this.#clock = clock;
    if (!start.logs.disabled) for (const name of ['stdout', 'stderr'] as const) this.#keep(start, name);
    const stderr = start.logs.disabled ? undefined : outputOf(start, 'stderr');
    worker.on('error', (error: NodeJS.ErrnoException) => {
      this.#exitCode = 1;
      this.#reason ||= error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'out of memory' : '';
      stderr?.write(Buffer.from(`${error.stack ?? error.message}\n`));
    });
    let heart: Timer | undefined;
    const expect = (): void => {
      heart?.cancel();
      heart = clock.setTimer(heartbeatMs, () => {
        this.#reason = `no sign of life for ${heartbeatMs} ms`;
        void worker.terminate();
      });
    };
    expect();
    worker.on('message', expect);
    this.exit = new Promise((resolve) => {
      worker.once('exit', (code) => {
        heart?.cancel();
        this.#isOver = true;
        stderr?.close();
        const reason = this.#reason;
        resolve({ exitCode: this.#exitCode ?? code, signal: 0, oomKilled: reason === 'out of memory', reason });
      });
    });
  }

  /** Threads get no signals: what those that end do can be had, and no other. */
  async signal(signal: string): Promise<void> {
    const name = signal.replace(/^SIG/, '');
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
    if (ENDING.includes(name)) this.#worker.postMessage('end');
    else if (name === 'KILL') await this.#worker.terminate();
    else {
      const taken = [...ENDING, 'KILL'].map((each) => `SIG${each}`).join(', ');
      throw clientError(
        { code: 'DRIVER_SIGNAL_INVALID', signal },
        `a task in a thread cannot be sent ${JSON.stringify(signal)}, only ${taken}`,
      );
    }
  }

  async stop({ timeoutMs }: { readonly timeoutMs: number }): Promise<void> {
    if (this.#isOver) return;
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
    this.#worker.postMessage('end');
    const late = this.#clock.setTimer(timeoutMs, () => void this.#worker.terminate());
    await this.exit;
    late.cancel();
  }

  /** What the threads of a process use of its memory and time, nobody counts apart. */
  async usage(): Promise<TaskUsage> {
    return { memoryBytes: 0, userMs: 0, systemMs: 0, pids: [] };
  }

  async detach(): Promise<void> {
    await this.#worker.terminate();
  }

  #keep(start: TaskStart, name: 'stdout' | 'stderr'): void {
    const file = outputOf(start, name);
    this.#worker[name].on('data', (chunk: Buffer) => file.write(chunk));
    this.#worker[name].once('close', () => file.close());
  }
}

function outputOf({ logFolder, logs, taskName }: TaskStart, name: 'stdout' | 'stderr'): RotatingFile {
  const { maxFiles, maxFileSizeMb } = logs;
  return new RotatingFile({ folder: logFolder, name: `${taskName}.${name}`, maxFiles, maxBytes: maxFileSizeMb * MIB });
}
