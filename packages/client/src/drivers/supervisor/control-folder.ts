import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { TaskExit } from '../task-driver.js';
import { NODE_TASK_PROGRAM } from './node-task-program.js';
import { SUPERVISOR_PROGRAM } from './supervisor-program.js';

/** Longest path of a socket that every system takes, bytes. */
const MAX_SOCKET_PATH_BYTES = 100;

/** Whether an entry of an allocation's folder is such a control folder, which is nobody else's business. */
export const isControlFolder = (name: string): boolean => name.startsWith('.') && name.endsWith('.control');

/** The folder beside that of a task where its supervisor leaves what the agent, or the next one, needs. */
export class ControlFolder {
  readonly path: string;
  /** The file of the supervisor's program. */
  readonly supervisor: string;
  /** The file of the program around the module of a `node` task. */
  readonly nodeTask: string;

  /** @param taskFolder - that of the task, in that of its allocation */
  constructor(taskFolder: string) {
    this.path = join(dirname(taskFolder), `.${basename(taskFolder)}.control`);
    this.supervisor = join(this.path, 'supervisor.cjs');
    this.nodeTask = join(this.path, 'node-task.cjs');
  }

  /** Empties it for a new run of the task. */
  async create(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
    await mkdir(this.path, { mode: 0o700 });
    await writeFile(this.supervisor, SUPERVISOR_PROGRAM);
    await writeFile(this.nodeTask, NODE_TASK_PROGRAM);
  }

  /** A connection to the supervisor; `undefined` when there is none. */
  async connect(): Promise<Socket | undefined> {
    const path = join(this.path, 'control.sock');
    if (Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES) return connectTo(path);
    const detour = await mkdtemp(join(tmpdir(), 'steppe-'));
    try {
      await symlink(this.path, join(detour, 'c'));
      return await connectTo(join(detour, 'c', 'control.sock'));
    } finally {
      await rm(detour, { recursive: true, force: true });
    }
  }

  /** How the task with this pid ended; `undefined` when nobody knows. */
  async exit(pid: number): Promise<TaskExit | undefined> {
    try {
      return exitOf(JSON.parse(await readFile(join(this.path, 'exit.json'), 'utf8')), pid);
    } catch {
      // Not there, or not whole.
      return undefined;
    }
  }
}

/** The exit of the task with this pid that a supervisor told; `undefined` when it is no such thing. */
export function exitOf(told: unknown, taskPid: number): TaskExit | undefined {
  const { pid, exitCode, signal, oomKilled, reason } = told as Readonly<Record<string, unknown>>;
  if (pid !== taskPid || typeof exitCode !== 'number' || typeof signal !== 'number') return undefined;
  return { exitCode, signal, oomKilled: oomKilled === true, reason: typeof reason === 'string' ? reason : '' };
}

const connectTo = (path: string): Promise<Socket | undefined> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });
