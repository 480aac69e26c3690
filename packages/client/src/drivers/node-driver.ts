import type { DriverInfo } from '@steppe/domain';
import { isSteppeError, nanosecondsToMs, parseGoDuration } from '@steppe/domain';
import type { Clock } from '@steppe/runtime';
import { demandOwnUser, DriverConfig } from './driver-config.js';
import type { ModuleTask } from './node/module-task.js';
import { startThread } from './node/thread-runner.js';
import { programFile } from './program.js';
import { supervisorProgram } from './raw-exec-driver.js';
import { recoverSupervised, startSupervised } from './supervisor/supervised-task.js';
import type { RunningTask, TaskDriver, TaskStart } from './task-driver.js';

/** Files of the programs that run beside the agent; default: as they are installed. */
export interface NodePrograms {
  readonly supervisor: string;
  /** Runs a module in its process. */
  readonly task: string;
  /** Runs a module in its thread. */
  readonly thread: string;
}

const SETTINGS = ['module', 'args', 'isolation', 'heartbeat'];
const SHORTEST_HEARTBEAT_MS = 100;

/**
 * Runs a module of JavaScript, in a process of its own or in a thread: `module`, `args`, `isolation` (`process` or `thread`)
 * and `heartbeat`, the time in which its event loop has to turn at least once. A default export that is a function is called,
 * and the task ends with it.
 */
export class NodeDriver implements TaskDriver {
  readonly name = 'node';
  readonly #clock: Clock;
  readonly #programs: NodePrograms;

  constructor({ clock, programs }: { readonly clock: Clock; readonly programs?: NodePrograms }) {
    this.#clock = clock;
    this.#programs = programs ?? {
      supervisor: supervisorProgram(),
      task: programFile('node-task', 'node'),
      thread: programFile('thread-task', 'node'),
    };
  }

  async fingerprint(): Promise<Omit<DriverInfo, 'updateTimeMs'>> {
    return {
      attributes: { 'driver.node': '1', 'driver.node.version': process.versions.node },
      detected: true,
      healthy: true,
      healthDescription: 'Healthy',
    };
  }

  async start(start: TaskStart): Promise<RunningTask> {
    const config = new DriverConfig(this.name, start.config, SETTINGS);
    demandOwnUser(start, config);
    const task: ModuleTask = {
      module: config.text('module'),
      args: config.texts('args'),
      from: process.cwd(),
      heartbeatMs: heartbeatOf(config),
    };
    if (config.oneOf('isolation', ['process', 'thread'], 'process') === 'thread') {
      return startThread(start, task, { clock: this.#clock, program: this.#programs.thread });
    }
    const { memoryMb, memoryMaxMb } = start.resources;
    const command = {
      command: process.execPath,
      args: [
        `--max-old-space-size=${memoryMaxMb || memoryMb}`,
        '--enable-source-maps',
        this.#programs.task,
        JSON.stringify(task),
      ],
      env: start.env,
      heartbeatMs: task.heartbeatMs,
    };
    return startSupervised(start, command, { clock: this.#clock, program: this.#programs.supervisor });
  }

  async recover(handle: Readonly<Record<string, unknown>>, start: TaskStart): Promise<RunningTask | undefined> {
    // A thread has ended with the agent that it was part of.
    if (Object.keys(handle).length === 0) return undefined;
    return recoverSupervised(handle, start, { clock: this.#clock, program: this.#programs.supervisor });
  }
}

function heartbeatOf(config: DriverConfig): number {
  const text = config.text('heartbeat', '10s');
  try {
    const ms = nanosecondsToMs(parseGoDuration(text));
    if (ms >= SHORTEST_HEARTBEAT_MS) return ms;
  } catch (error) {
    if (!isSteppeError(error, 'DURATION_INVALID')) throw error;
  }
  throw config.invalid('heartbeat', `must be a duration of at least ${SHORTEST_HEARTBEAT_MS}ms`);
}
