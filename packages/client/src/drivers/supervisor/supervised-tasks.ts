import { errorMessage } from '@steppe/domain';
import type { Clock } from '@steppe/runtime';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { clientError } from '../../errors.js';
import { ProcessTable } from '../process-table.js';
import type { RunningTask, TaskStart } from '../task-driver.js';
import { ControlFolder } from './control-folder.js';
import { killOrphans, SupervisedTask } from './supervised-task.js';
import type { SupervisedTaskOptions, TaskHandle } from './supervised-task.js';

const MEBIBYTE = 1024 * 1024;

/** What is run: a program, or a module. */
export type SupervisedProgram = SupervisedCommand | { readonly node: SupervisedModule };

interface SupervisedCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
}

export interface SupervisedModule {
  readonly isolation: 'process' | 'thread';
  /** How long the event loop may not answer. */
  readonly heartbeatMs: number;
  /** Limit of its heap, mebibytes; 0: none. */
  readonly memoryMb: number;
  /** What the program around it begins with. */
  readonly begin: Readonly<Record<string, unknown>>;
}

type Settings = Omit<SupervisedTaskOptions, 'handle'>;

/** Starts tasks under a supervisor of their own each, and finds them again. */
export class SupervisedTasks {
  readonly #driver: string;
  readonly #clock: Clock;
  readonly #processes = new ProcessTable();

  constructor({ driver }: { readonly driver: string }, { clock }: { readonly clock: Clock }) {
    this.#driver = driver;
    this.#clock = clock;
  }

  /** Rejects with DRIVER_START_FAILED. */
  async start(task: TaskStart, program: SupervisedProgram, settings: Settings): Promise<RunningTask> {
    const folder = new ControlFolder(task.taskFolder);
    await endLeftover(folder);
    await folder.create();
    const { pid, error } = await this.#launch(folder, {
      ...('node' in program ? moduleSpec(folder, task, program.node) : program),
      control: folder.path,
      taskFolder: task.taskFolder,
      env: task.env,
      logs: logsOf(task),
    });
    if (pid === undefined) {
      throw clientError({ code: 'DRIVER_START_FAILED', driver: this.#driver }, `driver "${this.#driver}": ${error}`);
    }
    const handle = { pid, startTicks: await this.#processes.startTicks(pid) };
    return this.#attach(folder, handle, settings);
  }

  async recover(
    told: Readonly<Record<string, unknown>>,
    task: TaskStart,
    settings: Settings,
  ): Promise<RunningTask | undefined> {
    const handle = handleOf(told);
    if (handle === undefined) return undefined;
    const folder = new ControlFolder(task.taskFolder);
    const socket = await folder.connect();
    if (socket !== undefined || (await folder.exit(handle.pid)) !== undefined) {
      return new SupervisedTask({ handle, ...settings }, { ...this.#deps(folder), socket });
    }
    await killOrphans(handle, this.#processes);
    return undefined;
  }

  async #attach(folder: ControlFolder, handle: TaskHandle, settings: Settings): Promise<RunningTask> {
    return new SupervisedTask({ handle, ...settings }, { ...this.#deps(folder), socket: await folder.connect() });
  }

  #deps(folder: ControlFolder) {
    return { clock: this.#clock, processes: this.#processes, folder };
  }

  /** The pid of the task, or why there is none. */
  #launch(folder: ControlFolder, spec: object): Promise<{ readonly pid?: number; readonly error?: string }> {
    return new Promise((resolve) => {
      const supervisor = spawn(process.execPath, [folder.supervisor], {
        cwd: folder.path,
        // Its own, not the task's: that may say how Node.js is to behave.
        env: {},
        detached: true,
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      const fail = (error: unknown): void => resolve({ error: errorMessage(error) });
      supervisor.once('error', fail);
      supervisor.stdin.on('error', fail);
      createInterface(supervisor.stdout)
        .once('line', (line) => {
          resolve(JSON.parse(line) as { readonly pid?: number; readonly error?: string });
          supervisor.stdout.destroy();
        })
        .once('close', () => fail(new Error('its supervisor ended early')));
      supervisor.stdin.end(JSON.stringify(spec));
      supervisor.unref();
    });
  }
}

/** An agent that was killed before it could note the handle of a task has left it running. */
async function endLeftover(folder: ControlFolder): Promise<void> {
  const socket = await folder.connect();
  if (socket === undefined) return;
  await new Promise((resolve) => {
    socket.on('error', () => undefined).once('close', resolve);
    socket.resume().write(`${JSON.stringify({ type: 'kill' })}\n`);
  });
}

/** A thread is one of the supervisor; a process is Node.js again. */
function moduleSpec({ nodeTask }: ControlFolder, { taskFolder }: TaskStart, node: SupervisedModule) {
  const heap = node.memoryMb > 0 ? [`--max-old-space-size=${node.memoryMb}`] : [];
  return {
    command: process.execPath,
    args: [...heap, nodeTask],
    cwd: taskFolder,
    node: { ...node, program: nodeTask },
  };
}

const logsOf = ({ taskName, logFolder, logs }: TaskStart) =>
  logs.disabled
    ? undefined
    : {
        folder: logFolder,
        name: taskName,
        maxBytes: Math.max(1, logs.maxFileSizeMb) * MEBIBYTE,
        maxFiles: Math.max(1, logs.maxFiles),
      };

/** The handle comes from a file that may be torn or of another version. */
const handleOf = ({ pid, startTicks }: Readonly<Record<string, unknown>>): TaskHandle | undefined =>
  typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 1 && typeof startTicks === 'string'
    ? { pid, startTicks }
    : undefined;
