import type { Task, TaskIdentity } from '@steppe/domain';
import { errorMessage, identitiesOf } from '@steppe/domain';
import type { Logger } from '@steppe/runtime';
import type { AllocFolders } from './alloc-folders.js';
import { TASK_EVENTS } from './task-events.js';
import type { TaskRunner } from './task-runner.js';
import { tokenFile, tokenVariable } from './token-places.js';

export interface TokenDeliveryDeps {
  readonly tasks: () => readonly TaskRunner[];
  /** The newest token of an identity of a task; `undefined` when there is none. */
  readonly tokenOf: (task: string, identity: string) => string | undefined;
  readonly folders: AllocFolders;
  readonly logger: Logger;
}

/** Brings the tasks of one allocation their identity tokens: to files, to environments, and by restarts and signals. */
export class TokenDelivery {
  readonly #allocId: string;
  readonly #deps: TokenDeliveryDeps;
  /** Identities that were renewed while their task was on its way to run, perhaps with the tokens of before; by task. */
  readonly #late = new Map<string, readonly TaskIdentity[]>();
  #written: Promise<void> = Promise.resolve();

  constructor(allocId: string, deps: TokenDeliveryDeps) {
    this.#allocId = allocId;
    this.#deps = deps;
  }

  /** Has the newest tokens in the files of a task that is to start. @returns those for its environment, by variable */
  async begin(task: Task): Promise<Readonly<Record<string, string>>> {
    const identities = identitiesOf(task);
    // The newest are read from here on.
    this.#late.delete(task.name);
    await this.#write(task, identities);
    const tokens = identities
      .filter((identity) => identity.env)
      .map((identity) => [tokenVariable(identity), this.#deps.tokenOf(task.name, identity.name)] as const)
      .filter((entry): entry is readonly [string, string] => entry[1] !== undefined);
    return Object.fromEntries(tokens);
  }

  /** Tasks that run find the newest tokens in their files. Never rejects. */
  async replace(): Promise<void> {
    for (const { task, state } of this.#deps.tasks()) {
      if (state.state === 'running') await this.#attempt(task, () => this.#write(task, identitiesOf(task)));
    }
  }

  /** Gives a task its renewed tokens, and does to it what it wants done then. Rejects when they cannot be written. */
  async renewed(task: Task, renewed: readonly TaskIdentity[]): Promise<void> {
    const runner = this.#deps.tasks().find(({ name }) => name === task.name);
    if (runner?.state.state === 'running') await runner.looked;
    if (runner?.isRunning !== true) {
      this.#late.set(task.name, [...(this.#late.get(task.name) ?? []), ...renewed]);
      return;
    }
    await this.#write(task, renewed);
    if (!runner.isRunning) return;
    const restarting = renewed.find(({ changeMode }) => changeMode === 'restart');
    if (restarting !== undefined) {
      void runner.restart(TASK_EVENTS.restartSignaled(newToken(restarting)));
      return;
    }
    for (const identity of renewed.filter(({ changeMode }) => changeMode === 'signal')) {
      const { changeSignal: signal } = identity;
      try {
        await runner.signal(signal, newToken(identity));
      } catch (error) {
        const details = { alloc_id: this.#allocId, task: task.name, signal, error: errorMessage(error) };
        this.#deps.logger.warn('task cannot be sent a signal', details);
      }
    }
  }

  /** A task runs: it gets what was renewed while it was being started. Never rejects. */
  async started(name: string): Promise<void> {
    const task = this.#deps.tasks().find((each) => each.name === name)?.task;
    const renewed = this.#late.get(name);
    if (task === undefined || renewed === undefined) return;
    this.#late.delete(name);
    await this.#attempt(task, () => this.renewed(task, renewed));
  }

  async #attempt({ name }: Task, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const details = { alloc_id: this.#allocId, task: name, error: errorMessage(error) };
      this.#deps.logger.warn('token of a task cannot be written', details);
    }
  }

  /** One after the other: two writes of one file would be in each other's way. */
  async #write(task: Task, identities: readonly TaskIdentity[]): Promise<void> {
    const inFiles = identities.filter(({ file }) => file);
    if (inFiles.length === 0) return;
    const written = this.#writeAfter(this.#written, task, inFiles);
    this.#written = written.catch(() => undefined);
    await written;
  }

  async #writeAfter(before: Promise<void>, task: Task, identities: readonly TaskIdentity[]): Promise<void> {
    await before;
    const { folders, tokenOf } = this.#deps;
    for (const identity of identities) {
      const token = tokenOf(task.name, identity.name);
      if (token !== undefined) await folders.writeToken(this.#allocId, task.name, tokenFile(identity), token);
    }
  }
}

const newToken = ({ name }: TaskIdentity): string => `Identity[${name}]: new token acquired`;
