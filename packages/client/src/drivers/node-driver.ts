import type { Clock } from '@steppe/runtime';
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { refuseUser } from './agent-user.js';
import { DriverSettings } from './driver-settings.js';
import { SupervisedTasks } from './supervisor/supervised-tasks.js';
import type { RunningTask, TaskDriver, TaskStart } from './task-driver.js';

const HEARTBEAT = { otherwise: '10s', minMs: 100, maxMs: 3_600_000 };
const BEATS_PER_HEARTBEAT = 8;

/** A thread cannot be interrupted by anything else. */
const THREAD_SIGNALS = ['SIGINT', 'SIGKILL', 'SIGTERM'];

/**
 * Runs a JavaScript module, in a process or a thread of its own. Settings: `module`, `args`, `isolation`, `heartbeat`.
 * Its default function gets `{ signal, args, env, allocation }`; the signal aborts when the task is to stop.
 */
export class NodeDriver implements TaskDriver {
  readonly name = 'node';
  readonly #tasks: SupervisedTasks;

  constructor({ clock }: { readonly clock: Clock }) {
    this.#tasks = new SupervisedTasks({ driver: this.name }, { clock });
  }

  fingerprint() {
    return Promise.resolve({
      attributes: { 'driver.node': '1', 'driver.node.version': process.versions.node },
      detected: true,
      healthy: true,
      healthDescription: 'Healthy',
    });
  }

  async start(task: TaskStart): Promise<RunningTask> {
    const settings = this.#settings(task);
    refuseUser(task.user, settings);
    const isolation = isolationOf(settings);
    const heartbeatMs = settings.durationMs('heartbeat', HEARTBEAT);
    const module = await moduleOf(settings.required('module'), task.taskFolder);
    const { memoryMb, memoryMaxMb } = task.resources;
    const node = {
      isolation,
      heartbeatMs,
      memoryMb: Math.max(memoryMb, memoryMaxMb),
      begin: {
        module,
        args: settings.texts('args'),
        taskFolder: task.taskFolder,
        allocation: { id: task.allocId, taskName: task.taskName },
        beatMs: heartbeatMs / BEATS_PER_HEARTBEAT,
      },
    };
    return this.#tasks.start(task, { node }, runSettings(isolation));
  }

  async recover(handle: Readonly<Record<string, unknown>>, task: TaskStart): Promise<RunningTask | undefined> {
    return this.#tasks.recover(handle, task, runSettings(isolationOf(this.#settings(task))));
  }

  #settings({ config }: TaskStart): DriverSettings {
    return new DriverSettings(this.name, config, ['module', 'args', 'isolation', 'heartbeat']);
  }
}

const isolationOf = (settings: DriverSettings) => settings.choice('isolation', ['process', 'thread']);

const runSettings = (isolation: 'process' | 'thread') => ({
  defaultSignal: 'SIGTERM',
  ...(isolation === 'thread' ? { signals: THREAD_SIGNALS } : {}),
});

/** A file from the folder of the task, else the name of a package, looked for from there. */
async function moduleOf(module: string, taskFolder: string): Promise<string> {
  const path = resolve(taskFolder, module);
  const isPath =
    /^\.{0,2}\//.test(module) ||
    (await access(path).then(
      () => true,
      () => false,
    ));
  return isPath ? path : module;
}
