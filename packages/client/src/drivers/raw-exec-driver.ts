import type { Clock } from '@steppe/runtime';
import { clientError } from '../errors.js';
import { refuseUser } from './agent-user.js';
import { DriverSettings } from './driver-settings.js';
import { SupervisedTasks } from './supervisor/supervised-tasks.js';
import type { RunningTask, TaskDriver, TaskStart } from './task-driver.js';

/** Nomad's default, too. */
const SETTINGS = { defaultSignal: 'SIGINT' };

/** Runs a program as the agent's own user, without isolation. Settings: `command`, `args`, `work_dir`. */
export class RawExecDriver implements TaskDriver {
  readonly name = 'raw_exec';
  readonly #enabled: boolean;
  readonly #tasks: SupervisedTasks;

  constructor({ enabled }: { readonly enabled: boolean }, { clock }: { readonly clock: Clock }) {
    this.#enabled = enabled;
    this.#tasks = new SupervisedTasks({ driver: this.name }, { clock });
  }

  fingerprint() {
    return Promise.resolve({
      attributes: this.#enabled ? { 'driver.raw_exec': '1' } : {},
      detected: this.#enabled,
      healthy: this.#enabled,
      healthDescription: this.#enabled ? 'Healthy' : 'disabled',
    });
  }

  async start(task: TaskStart): Promise<RunningTask> {
    if (!this.#enabled) {
      throw clientError(
        { code: 'DRIVER_DISABLED', driver: this.name },
        `driver "${this.name}" is disabled on this node`,
      );
    }
    const settings = new DriverSettings(this.name, task.config, ['command', 'args', 'work_dir']);
    const command = settings.required('command');
    const args = settings.texts('args');
    refuseUser(task.user, settings);
    const cwd = await settings.folder('work_dir', task);
    return this.#tasks.start(task, { command, args, cwd }, SETTINGS);
  }

  /** A task that runs goes on, even if the driver has been disabled. */
  recover(handle: Readonly<Record<string, unknown>>, task: TaskStart): Promise<RunningTask | undefined> {
    return this.#tasks.recover(handle, task, SETTINGS);
  }
}
