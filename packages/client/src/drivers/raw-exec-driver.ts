import type { DriverInfo } from '@steppe/domain';
import { clientError } from '../errors.js';
import { demandOwnUser, DriverConfig } from './driver-config.js';
import { programFile } from './program.js';
import type { SupervisorDeps } from './supervisor/supervised-task.js';
import { recoverSupervised, startSupervised } from './supervisor/supervised-task.js';
import type { RunningTask, TaskDriver, TaskStart } from './task-driver.js';

export interface RawExecOptions {
  /** Whether tasks may run here as the agent's own user, without isolation. */
  readonly enabled: boolean;
}

export type ProcessDriverDeps = Pick<SupervisorDeps, 'clock'> & Partial<Pick<SupervisorDeps, 'program'>>;

/** The program of supervisors, as it is installed. */
export const supervisorProgram = (): string => programFile('task-supervisor', 'supervisor');

/** Runs a command as a process of the agent's own user: `command` and `args`. */
export class RawExecDriver implements TaskDriver {
  readonly name = 'raw_exec';
  readonly #isEnabled: boolean;
  readonly #deps: SupervisorDeps;

  constructor({ enabled }: RawExecOptions, { clock, program = supervisorProgram() }: ProcessDriverDeps) {
    this.#isEnabled = enabled;
    this.#deps = { clock, program };
  }

  async fingerprint(): Promise<Omit<DriverInfo, 'updateTimeMs'>> {
    return this.#isEnabled
      ? { attributes: { 'driver.raw_exec': '1' }, detected: true, healthy: true, healthDescription: 'Healthy' }
      : { attributes: {}, detected: false, healthy: false, healthDescription: 'disabled' };
  }

  async start(task: TaskStart): Promise<RunningTask> {
    if (!this.#isEnabled) {
      throw clientError(
        { code: 'DRIVER_DISABLED', driver: this.name },
        `driver "${this.name}" is disabled on this node`,
      );
    }
    const config = new DriverConfig(this.name, task.config, ['command', 'args']);
    demandOwnUser(task, config);
    const command = { command: config.text('command'), args: config.texts('args'), env: task.env, heartbeatMs: 0 };
    return startSupervised(task, command, this.#deps);
  }

  async recover(handle: Readonly<Record<string, unknown>>, task: TaskStart): Promise<RunningTask | undefined> {
    return recoverSupervised(handle, task, this.#deps);
  }
}
