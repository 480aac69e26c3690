import type { Allocation, NodeRegistration, SignedIdentity, Task, TaskGroup } from '@steppe/domain';
import { errorMessage, isServerTerminal } from '@steppe/domain';
import type { Clock, Logger, Random } from '@steppe/runtime';
import { sleep } from '@steppe/runtime';
import type { TaskDriver, TaskStart, TaskUsage } from '../drivers/task-driver.js';
import type { ClientError } from '../errors.js';
import { clientError, taskUnknown } from '../errors.js';
import type { AllocReport, ClientAllocation } from '../servers/alloc-link.js';
import type { AllocFolders } from './alloc-folders.js';
import type { AllocRecord } from './alloc-record.js';
import { clientStatusOf } from './client-status.js';
import { Deferred } from './deferred.js';
import { TASK_EVENTS } from './task-events.js';
import type { UntimedEvent } from './task-events.js';
import { taskEnvironment } from './task-environment.js';
import type { TaskKind } from './task-lifecycle.js';
import { restartPolicyOf, restartsOnSuccess, taskKind } from './task-lifecycle.js';
import { TaskRunner } from './task-runner.js';
import type { IdentityName } from './task-tokens.js';
import { TaskTokens } from './task-tokens.js';
import { TokenDelivery } from './token-delivery.js';

export interface AllocRunnerDeps {
  readonly drivers: ReadonlyMap<string, TaskDriver>;
  readonly folders: AllocFolders;
  /** The node as it registers. */
  readonly node: () => NodeRegistration;
  /** What tasks may see of the agent's environment. */
  readonly host: Readonly<Record<string, string>>;
  /** Has tokens of an allocation's tasks signed anew. */
  readonly signIdentities: (
    allocation: Allocation,
    names: readonly IdentityName[],
  ) => Promise<readonly SignedIdentity[]>;
  /** Called with every change; resolves when it is kept. */
  readonly onChange: (runner: AllocRunner) => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface AllocRunnerOptions {
  readonly maxKillTimeoutMs: number;
  /** What is known of it from before the agent was restarted. */
  readonly record?: AllocRecord;
}

/** Which tasks of an allocation are to be restarted. */
export interface TaskRestart {
  /** Its name; empty for those that run. */
  readonly task: string;
  readonly allTasks: boolean;
}

export interface TaskSignal {
  /** Its name; empty for those that run. */
  readonly task: string;
  /** Such as `SIGHUP`. */
  readonly signal: string;
}

/** Another allocation on this node, whose place this one takes. */
export interface Predecessor {
  readonly id: string;
  /** Resolves when all its tasks are dead. */
  readonly ended: Promise<void>;
}

/** Runs one allocation: the tasks of its group in their order, until all of them are dead. */
export class AllocRunner {
  readonly id: string;
  readonly #deps: AllocRunnerDeps;
  readonly #tasks: readonly TaskRunner[];
  readonly #confirmed = new Deferred<void>();
  readonly #stopAsked = new Deferred<void>();
  readonly #detached = new Deferred<void>();
  readonly #ended = new Deferred<void>();
  readonly #tokens: TaskTokens;
  readonly #delivery: TokenDelivery;
  #assigned: ClientAllocation;
  #isReady = false;
  #isDetached = false;
  #stopping: Promise<void> | undefined;
  #ending: Promise<void> | undefined;
  #runs: Promise<void>[] = [];

  constructor(assigned: ClientAllocation, options: AllocRunnerOptions, deps: AllocRunnerDeps) {
    const { maxKillTimeoutMs, record } = options;
    this.id = assigned.allocation.id;
    this.#deps = deps;
    this.#assigned = assigned;
    const group = groupOf(assigned);
    this.#tasks = (group?.tasks ?? []).map(
      (task) =>
        new TaskRunner(
          { ...settingsOf(task, assigned), maxKillTimeoutMs, record: record?.tasks[task.name] },
          {
            ...deps,
            driver: deps.drivers.get(task.driver),
            prepare: () => this.#prepare(task.name),
            confirmed: this.#confirmed.promise,
            onChange: () => deps.onChange(this),
            onRunning: () => void this.#delivery.started(task.name),
          },
        ),
    );
    this.#delivery = new TokenDelivery(this.id, {
      ...deps,
      tasks: () => this.#tasks,
      tokenOf: (task, identity) => this.#tokens.of(task, identity),
    });
    this.#tokens = new TaskTokens(
      { allocId: this.id, renewals: record?.renewals },
      {
        ...deps,
        tasks: () => this.#tasks.filter(({ isDead }) => !isDead).map(({ task }) => task),
        sign: (names) => deps.signIdentities(this.#assigned.allocation, names),
        deliver: (task, renewed) => this.#delivery.renewed(task, renewed),
      },
    );
    this.#tokens.take(assigned.identities);
    void this.ended.then(() => this.#tokens.stop());
    this.#follow(this.#tasks);
  }

  get assigned(): ClientAllocation {
    return this.#assigned;
  }

  get group(): TaskGroup | undefined {
    return groupOf(this.#assigned);
  }

  /** How it is doing, for the servers. */
  get report(): AllocReport {
    const taskStates = Object.fromEntries(this.#tasks.map(({ name, state }) => [name, state]));
    // No server gives such an allocation; but nobody would ever end it.
    if (this.#tasks.length === 0) return { id: this.id, ...NO_TASKS, taskStates };
    return { id: this.id, ...clientStatusOf(Object.values(taskStates)), taskStates };
  }

  /** Whether all its tasks are dead. */
  get isTerminal(): boolean {
    return this.#tasks.every(({ isDead }) => isDead);
  }

  /** Resolves when all its tasks are dead. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  get record(): Omit<AllocRecord, 'acknowledged'> {
    const { allocation, job } = this.#assigned;
    const tasks = Object.fromEntries(this.#tasks.map(({ name, record }) => [name, record]));
    return { allocation, job, tasks, renewals: this.#tokens.renewals };
  }

  /** Runs it in the background; with `after`, when that one has ended. */
  start({ after }: { readonly after?: Predecessor | undefined } = {}): void {
    this.#tokens.start();
    this.#runs.push(this.#setUp(after));
  }

  /** The servers still want it here: what could not be found again may be started. */
  confirm(): void {
    this.#confirmed.resolve();
  }

  /** The servers changed it. Tasks stay the same: a version of the job with others would be another allocation. */
  update(assigned: ClientAllocation): void {
    this.#assigned = assigned;
    const tasks = new Map(this.group?.tasks.map((task) => [task.name, task]));
    for (const runner of this.#tasks) {
      const task = tasks.get(runner.name);
      if (task !== undefined) runner.update(settingsOf(task, assigned));
    }
    this.confirm();
    const { allocation } = assigned;
    this.#tokens.take(assigned.identities);
    void this.#delivery.replace();
    if (isServerTerminal(allocation)) {
      // No server would sign any more.
      this.#tokens.stop();
      void this.stop({ noShutdownDelay: allocation.desiredTransition?.noShutdownDelay ?? false });
    }
    void this.#deps.onChange(this);
  }

  /**
   * Ends all tasks, the leader first and sidecars last; those that are to run after the others still do, unless
   * `withoutPoststop`. Resolves when all are dead, or the runner was told to let go.
   */
  stop({ noShutdownDelay = false, withoutPoststop = false } = {}): Promise<void> {
    this.#stopAsked.resolve();
    this.#stopping ??= this.#stop(noShutdownDelay);
    if (withoutPoststop) for (const task of this.#of('poststop')) void task.kill();
    return Promise.race([this.ended, this.#detached.promise]);
  }

  /** The agent stops and the tasks go on: lets go of them as they are. */
  async detach(): Promise<void> {
    this.#isDetached = true;
    this.#tokens.stop();
    this.#detached.resolve();
    for (const task of this.#tasks) task.detach();
    await Promise.all(this.#runs);
  }

  /** What its tasks use now, those that run, by name. */
  async usage(): Promise<Readonly<Record<string, TaskUsage>>> {
    const used = await Promise.all(this.#tasks.map(async (task) => [task.name, await task.usage()] as const));
    return Object.fromEntries(used.filter((entry): entry is [string, TaskUsage] => entry[1] !== undefined));
  }

  /**
   * Has tasks end and start again, whatever their restart policies say: the one that is named, else those that run. With
   * `allTasks` also those that have ended, all in their order as at first. Resolves when what ran has ended.
   * @throws CLIENT_ALLOC_NOT_RUNNING, CLIENT_TASK_UNKNOWN, CLIENT_TASK_NOT_RUNNING
   */
  async restart({ task, allTasks }: TaskRestart): Promise<void> {
    if (allTasks) return this.#restartAll(TASK_EVENTS.restartSignaled('User requested all tasks to restart'));
    const who = task === '' ? 'running tasks' : 'task';
    const cause = TASK_EVENTS.restartSignaled(`User requested ${who} to restart`);
    await Promise.all(this.#demandRunning(task).map((runner) => runner.restart(cause)));
  }

  /**
   * Sends a signal to the task that is named, else to all that run.
   * @throws CLIENT_ALLOC_NOT_RUNNING, CLIENT_TASK_UNKNOWN, CLIENT_TASK_NOT_RUNNING, DRIVER_SIGNAL_INVALID
   */
  async signal({ task, signal }: TaskSignal): Promise<void> {
    await Promise.all(this.#demandRunning(task).map((runner) => runner.signal(signal)));
  }

  /** The task that is named, whether it runs or not; without a name those that run. */
  #demandRunning(name: string): readonly TaskRunner[] {
    const named = this.#tasks.filter((task) => task.name === name);
    if (name !== '' && named.length === 0) throw taskUnknown(name);
    const tasks = name === '' ? this.#tasks.filter(({ isRunning }) => isRunning) : named;
    if (tasks.length === 0) throw this.#notRunning();
    return tasks;
  }

  async #restartAll(cause: UntimedEvent): Promise<void> {
    if (!this.#isReady || this.#stopping !== undefined || this.#ending !== undefined) throw this.#notRunning();
    // What cleans up has not had its turn yet.
    const tasks = this.#tasks.filter((task) => !this.#of('poststop').includes(task));
    // None starts before all have ended.
    this.#isReady = false;
    await Promise.all(tasks.map((task) => task.rewind(cause)));
    this.#isReady = true;
    this.#tokens.resume();
    this.#follow(tasks);
    this.#advance();
  }

  #notRunning(): ClientError {
    return clientError(
      { code: 'CLIENT_ALLOC_NOT_RUNNING', allocId: this.id },
      `Allocation ${JSON.stringify(this.id)} is not running`,
    );
  }

  #follow(tasks: readonly TaskRunner[]): void {
    for (const { started, ended } of tasks) {
      void started.then(() => this.#advance());
      void ended.then(() => this.#advance());
    }
  }

  async #setUp(after: Predecessor | undefined): Promise<void> {
    const { folders, logger } = this.#deps;
    const names = this.#tasks.map(({ name }) => name);
    const isNew = this.#tasks.every(({ state }) => state.events.length === 0);
    if (isNew) for (const task of this.#tasks) task.note(TASK_EVENTS.received());
    try {
      if (after !== undefined) {
        await Promise.race([after.ended, this.#stopAsked.promise, this.#detached.promise]);
      }
      if (this.#isDetached || this.#stopping !== undefined || this.isTerminal) return;
      if (isNew) for (const task of this.#tasks) task.note(TASK_EVENTS.setup());
      await folders.make(this.id, names);
      if (isNew && after !== undefined && this.group?.ephemeralDisk?.sticky === true) {
        await folders.adopt(after.id, this.id, names);
      }
      this.#isReady = true;
    } catch (error) {
      const reason = `failed to build task directory: ${errorMessage(error)}`;
      logger.warn('allocation cannot be set up', { alloc_id: this.id, error: errorMessage(error) });
      for (const task of this.#tasks) task.fail(TASK_EVENTS.setupFailure(reason));
    } finally {
      this.#advance();
    }
  }

  /** Does what is to be done now, after a task has started or ended. */
  #advance(): void {
    if (this.#isDetached) return;
    const failed = this.#tasks.find(({ state }) => state.failed);
    const leader = this.#tasks.find(({ task }) => task.leader);
    if (failed !== undefined) this.#endAll(() => TASK_EVENTS.siblingFailed(failed.name));
    else if (leader?.isDead === true) this.#endAll(TASK_EVENTS.leaderDead);
    else if (allDead(this.#of('main'))) this.#endAll(TASK_EVENTS.mainDead);
    else if (this.#isReady && this.#ending === undefined) this.#startNext();
    const others = this.#tasks.filter((task) => !this.#of('poststop').includes(task));
    if (allDead(others)) this.#startPoststop(others);
    if (this.isTerminal) this.#ended.resolve();
  }

  #startNext(): void {
    this.#start(this.#of('prestart', 'prestart sidecar'));
    if (!allDead(this.#of('prestart')) || !allStarted(this.#of('prestart sidecar'))) return;
    this.#start(this.#of('main'));
    if (allStarted(this.#of('main'))) this.#start(this.#of('poststart', 'poststart sidecar'));
  }

  #startPoststop(others: readonly TaskRunner[]): void {
    const poststop = this.#of('poststop');
    // Where nothing has run there is nothing to clean up after.
    if (others.some(({ state }) => state.startedAtMs > 0)) this.#start(poststop);
    else for (const task of poststop) void task.kill();
  }

  #start(tasks: readonly TaskRunner[]): void {
    for (const task of tasks) this.#runs.push(task.run());
  }

  async #stop(noShutdownDelay: boolean): Promise<void> {
    const delayMs = noShutdownDelay ? 0 : (this.group?.shutdownDelayMs ?? 0);
    if (delayMs > 0 && this.#tasks.some(({ state }) => state.state === 'running')) {
      const end = new AbortController();
      void Promise.race([this.ended, this.#detached.promise]).then(() => end.abort());
      await sleep(this.#deps.clock, delayMs, end).catch(() => undefined);
    }
    if (!this.#isDetached) this.#endAll(undefined, { noShutdownDelay });
    this.#advance();
  }

  /** Kills all tasks but those that come after them. */
  #endAll(cause?: () => UntimedEvent, { noShutdownDelay = false } = {}): void {
    this.#ending ??= (async () => {
      const kill = (tasks: readonly TaskRunner[]) =>
        Promise.all(tasks.map((task) => task.kill(cause?.(), { noShutdownDelay })));
      const leader = this.#tasks.filter(({ task }) => task.leader);
      await kill(leader);
      await kill(this.#of('prestart', 'main', 'poststart'));
      await kill(this.#of('prestart sidecar', 'poststart sidecar'));
    })();
  }

  #of(...kinds: readonly TaskKind[]): readonly TaskRunner[] {
    return this.#tasks.filter(({ task }) => kinds.includes(taskKind(task)));
  }

  /** What a task is to be started with, as the allocation is now. */
  async #prepare(name: string): Promise<TaskStart> {
    const { folders: disk, host, node } = this.#deps;
    const { allocation, job } = this.#assigned;
    const { group } = this;
    const task = group?.tasks.find((each) => each.name === name);
    if (group === undefined || task === undefined) throw new Error(`job has no task ${JSON.stringify(name)} any more`);
    const folders = disk.task(this.id, name);
    const tokens = await this.#delivery.begin(task);
    const { env, config } = taskEnvironment({
      allocation,
      job,
      group,
      task,
      node: node(),
      folders,
      host,
      tokens,
    });
    return {
      allocId: this.id,
      taskName: name,
      config,
      env,
      user: task.user,
      resources: task.resources ?? TASK_RESOURCES,
      taskFolder: folders.root,
      logFolder: folders.logs,
      logs: task.logConfig ?? DEFAULT_LOGS,
    };
  }
}

const NO_TASKS = { clientStatus: 'failed', clientDescription: 'The job has no such task group' } as const;
const TASK_RESOURCES = { cpu: 100, memoryMb: 300, memoryMaxMb: 0, diskMb: 0 } as const;
const DEFAULT_LOGS = { maxFiles: 10, maxFileSizeMb: 10, disabled: false } as const;

const allDead = (tasks: readonly TaskRunner[]): boolean => tasks.every(({ isDead }) => isDead);
const allStarted = (tasks: readonly TaskRunner[]): boolean => tasks.every(({ hasStarted }) => hasStarted);

const groupOf = ({ allocation, job }: ClientAllocation): TaskGroup | undefined =>
  job.taskGroups.find(({ name }) => name === allocation.taskGroup);

const settingsOf = (task: Task, { allocation, job }: ClientAllocation) => ({
  task,
  restartPolicy: restartPolicyOf(
    task,
    job.taskGroups.find(({ name }) => name === allocation.taskGroup),
  ),
  onSuccess: restartsOnSuccess(task, job),
});
