import type { Clock } from '@steppe/runtime';
import { Deferred } from '../allocs/deferred.js';
import type { RunningTask, TaskDriver, TaskExit, TaskStart, TaskUsage } from '../drivers/task-driver.js';

export const GOOD_END: TaskExit = { exitCode: 0, signal: 0, oomKilled: false, reason: '' };
export const BAD_END: TaskExit = { exitCode: 7, signal: 0, oomKilled: false, reason: '' };

/** A process that is none: it ends when the test says so, or when it is stopped. */
export class FakeTask implements RunningTask {
  readonly handle: Readonly<Record<string, unknown>>;
  readonly start: TaskStart;
  readonly #end = new Deferred<TaskExit>();
  readonly #driver: FakeTaskDriver;
  isDetached = false;

  constructor(pid: number, start: TaskStart, driver: FakeTaskDriver) {
    this.handle = { pid };
    this.start = start;
    this.#driver = driver;
  }

  get exit(): Promise<TaskExit> {
    return this.#end.promise;
  }

  end(exit: TaskExit): void {
    this.#driver.processes.delete(this.handle['pid'] as number);
    this.#end.resolve(exit);
  }

  async signal(signal: string): Promise<void> {
    this.#driver.note(`signal ${this.start.taskName} ${signal}`);
    if (this.#driver.refusedSignal === signal) throw new Error(`no signal ${signal}`);
  }

  async stop({ signal, timeoutMs }: { readonly signal: string; readonly timeoutMs: number }): Promise<void> {
    this.#driver.note(`stop ${this.start.taskName} ${signal === '' ? 'default' : signal} ${timeoutMs}`);
    if (this.#driver.refusedSignal === signal) throw new Error(`no signal ${signal}`);
    const { stopsAfterMs, clock } = this.#driver;
    const wait = Math.min(stopsAfterMs, timeoutMs);
    const signalNumber = stopsAfterMs > timeoutMs ? 9 : 15;
    if (wait > 0) clock.setTimer(wait, () => this.end({ ...GOOD_END, exitCode: 0, signal: signalNumber }));
    else this.end({ ...GOOD_END, signal: signalNumber });
    await this.exit;
  }

  usage(): Promise<TaskUsage> {
    return Promise.resolve({ memoryBytes: 1_000, userMs: this.#driver.cpuMs, systemMs: 0, pids: [1] });
  }

  async detach(): Promise<void> {
    this.isDetached = true;
    this.#driver.note(`detach ${this.start.taskName}`);
  }
}

/** Runs nothing; what it was asked for is in `history`, as `what@ms`. */
export class FakeTaskDriver implements TaskDriver {
  readonly name: string;
  readonly clock: Clock;
  readonly history: string[] = [];
  /** What would be running on the machine, agent or not. */
  readonly processes = new Map<number, FakeTask>();
  /** The newest of each task, by name. */
  readonly tasks = new Map<string, FakeTask>();
  /** How long a task takes to end when asked to, milliseconds. */
  stopsAfterMs = 0;
  refusedSignal: string | undefined;
  cpuMs = 0;
  /** Throws to fail the start. */
  onStart: (start: TaskStart) => void | Promise<void> = () => undefined;
  #pids = 100;

  constructor({ clock, name = 'fake' }: { readonly clock: Clock; readonly name?: string }) {
    this.clock = clock;
    this.name = name;
  }

  fingerprint(): Promise<{
    attributes: Record<string, string>;
    detected: true;
    healthy: true;
    healthDescription: string;
  }> {
    return Promise.resolve({
      attributes: { [`driver.${this.name}.version`]: '3' },
      detected: true,
      healthy: true,
      healthDescription: 'Healthy',
    });
  }

  async start(start: TaskStart): Promise<RunningTask> {
    this.note(`start ${start.taskName}`);
    await this.onStart(start);
    this.#pids += 1;
    const task = new FakeTask(this.#pids, start, this);
    this.processes.set(this.#pids, task);
    this.tasks.set(start.taskName, task);
    return task;
  }

  async recover({ pid }: Readonly<Record<string, unknown>>, { taskName }: TaskStart): Promise<RunningTask | undefined> {
    this.note(`recover ${taskName}`);
    return this.processes.get(pid as number);
  }

  end(task: string, exit: TaskExit): void {
    this.tasks.get(task)?.end(exit);
  }

  note(what: string): void {
    this.history.push(`${what}@${Math.round(this.clock.monotonic())}`);
  }
}
