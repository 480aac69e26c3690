import type { RunningTask, TaskDriver as TaskDriverType, TaskExit, TaskStart } from '@steppe/client';
import { TaskDriver } from '@steppe/client/di';
import { Clock } from '@steppe/runtime/di';
import { ContainerModule } from 'inversify';

const DONE: TaskExit = { exitCode: 0, signal: 0, oomKilled: false, reason: '' };
const STOPPED: TaskExit = { ...DONE, signal: 15 };

/** A driver `timer`, whose tasks do nothing for `ms` milliseconds. */
class TimerDriver implements TaskDriverType {
  readonly name = 'timer';
  readonly #clock: Clock;

  constructor({ clock }: { readonly clock: Clock }) {
    this.#clock = clock;
  }

  async fingerprint() {
    return { attributes: {}, detected: true, healthy: true, healthDescription: 'Healthy' };
  }

  async start({ config }: TaskStart): Promise<RunningTask> {
    const { ms } = config;
    if (typeof ms !== 'number') throw new Error(`driver "timer": ms must be a number, got ${JSON.stringify(ms)}`);
    const { promise: exit, resolve: end } = deferred<TaskExit>();
    const timer = this.#clock.setTimer(ms, () => end(DONE));
    const stop = async (): Promise<void> => {
      timer.cancel();
      end(STOPPED);
    };
    const usage = async () => ({ memoryBytes: 0, userMs: 0, systemMs: 0, pids: [] });
    return { handle: {}, exit, stop, usage, signal: async () => undefined, detach: async () => timer.cancel() };
  }

  /** A timer goes with its agent: the task is started anew. */
  async recover(): Promise<undefined> {
    return undefined;
  }
}

function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

export const timerModule = new ContainerModule(({ bind }) => {
  bind(TaskDriver).toResolvedValue((clock: Clock) => new TimerDriver({ clock }), [Clock]);
});
