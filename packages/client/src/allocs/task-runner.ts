import type { RestartPolicy, Task, TaskState } from '@steppe/domain';
import { TASK_STATE_WIRE, errorMessage, isSteppeError } from '@steppe/domain';
import type { Clock, Logger, Random } from '@steppe/runtime';
import type { RunningTask, TaskDriver, TaskExit, TaskStart, TaskUsage } from '../drivers/task-driver.js';
import { Deferred } from './deferred.js';
import { Interruption } from './interruption.js';
import type { RestartDecision } from './restart-tracker.js';
import { RestartTracker } from './restart-tracker.js';
import { clientError } from '../errors.js';
import type { TaskRecord } from './alloc-record.js';
import type { UntimedEvent } from './task-events.js';
import { TASK_EVENTS } from './task-events.js';

export interface TaskRunnerDeps {
  /** `undefined`: this node does not have it. */
  readonly driver: TaskDriver | undefined;
  /** What to run, for the allocation as it is now. Makes folders and files ready. */
  readonly prepare: () => Promise<TaskStart>;
  /** Resolves once the servers have confirmed, in this life of the agent, that the allocation is still wanted. */
  readonly confirmed: Promise<void>;
  /** The state or the handle is another; resolves when that is kept. */
  readonly onChange: () => Promise<void>;
  /** It runs, and hears signals. */
  readonly onRunning: () => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface TaskRunnerOptions {
  readonly task: Task;
  readonly restartPolicy: RestartPolicy;
  /** Whether it is started again when it ended well. */
  readonly onSuccess: boolean;
  /** `client.max_kill_timeout`. */
  readonly maxKillTimeoutMs: number;
  /** What is known of it from before the agent was restarted. */
  readonly record?: TaskRecord | undefined;
}

/** What no policy helps against, either. */
const HOPELESS = ['DRIVER_CONFIG_INVALID', 'DRIVER_DISABLED'] as const;
/** The newest are kept. */
const MAX_EVENTS = 10;
const NEW_TASK: TaskState = { ...TASK_STATE_WIRE.empty, state: 'pending' };

/**
 * Runs one task from its first start to its last end: starts and restarts it as its policy says, kills it when it is told to.
 * It is dead for good after that.
 */
export class TaskRunner {
  readonly name: string;
  readonly #deps: TaskRunnerDeps;
  readonly #restarts: RestartTracker;
  #interruption: Interruption;
  #started = new Deferred<void>();
  readonly #looked = new Deferred<void>();
  #ended = new Deferred<void>();
  /** Of the restart that somebody has asked for; `undefined` when nobody waits for one. */
  #renewed: Deferred<void> | undefined;
  #options: TaskRunnerOptions;
  #state: TaskState;
  #handle: TaskRecord['handle'];
  #running: RunningTask | undefined;
  /** Whether {@link TaskRunner.run} is at work. */
  #isActive = false;
  /** Whether it has run since it had to wait for its turn. */
  #hasStarted: boolean;
  /** Whether, restarted, it has to wait until it is run again. */
  #isHeld = false;

  constructor(options: TaskRunnerOptions, deps: TaskRunnerDeps) {
    const { record, restartPolicy, onSuccess, task } = options;
    this.name = task.name;
    this.#options = options;
    this.#deps = deps;
    this.#interruption = new Interruption(deps);
    this.#restarts = new RestartTracker({ policy: restartPolicy, onSuccess }, deps);
    this.#state = record?.state ?? NEW_TASK;
    this.#handle = record?.handle;
    this.#hasStarted = this.#state.startedAtMs > 0;
    if (this.#hasStarted) this.#started.resolve();
    if (this.isDead) this.#settle();
  }

  get task(): Task {
    return this.#options.task;
  }

  get state(): TaskState {
    return this.#state;
  }

  get record(): TaskRecord {
    return { state: this.#state, ...(this.#handle === undefined ? {} : { handle: this.#handle }) };
  }

  get isDead(): boolean {
    return this.#state.state === 'dead';
  }

  /** Whether a process or the like is there, and is to go on. */
  get isRunning(): boolean {
    return this.#running !== undefined && !this.#interruption.happened;
  }

  /** Whether it has run, or is dead without. */
  get hasStarted(): boolean {
    return this.#hasStarted || this.isDead;
  }

  /** Resolves when it has run for the first time, or is dead without. */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  /** Resolves when what went on without the agent has been looked for, or it is dead. */
  get looked(): Promise<void> {
    return this.#looked.promise;
  }

  /** Resolves when it is dead. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** The job's next version changes it while it runs: what matters for its next start and its end. */
  update(options: Pick<TaskRunnerOptions, 'task' | 'restartPolicy' | 'onSuccess'>): void {
    this.#options = { ...this.#options, ...options };
    this.#restarts.update({ policy: options.restartPolicy, onSuccess: options.onSuccess });
  }

  /** Notes what happened to it. */
  note(event: UntimedEvent): void {
    const { clock } = this.#deps;
    this.#change({ events: [...this.#state.events, { ...event, timeMs: clock.now() }].slice(-MAX_EVENTS) });
  }

  /** Resolves when it is dead, or has to wait to be run again, or the runner was told to let go of it. Never rejects. */
  async run(): Promise<void> {
    if (this.isDead || this.#isActive) return;
    this.#isActive = true;
    let task = await this.#recover();
    this.#looked.resolve();
    for (;;) {
      const left = await this.#runOn(task);
      if (this.isDead || !(await this.#startsAnew(left))) break;
      task = undefined;
    }
    this.#tellRenewed();
  }

  /**
   * Ends what runs, as a kill does, and starts it again at once, whatever its policy says. Resolves when what ran has ended.
   * @throws CLIENT_TASK_NOT_RUNNING
   */
  async restart(cause: UntimedEvent): Promise<void> {
    this.#demandRunning();
    await this.#interrupt(cause);
  }

  /** Makes it one that has yet to be started, by {@link TaskRunner.run}. Resolves when what runs of it has ended. */
  async rewind(cause: UntimedEvent): Promise<void> {
    this.#isHeld = true;
    if (this.isDead) {
      this.note(cause);
      this.#ended = new Deferred();
      this.#renew();
    } else if (this.#isActive) {
      await this.#interrupt(cause);
    }
    this.#isHeld = false;
    this.#hasStarted = false;
    this.#started = new Deferred();
  }

  /** @param reason - for its event; default: none. @throws CLIENT_TASK_NOT_RUNNING, DRIVER_SIGNAL_INVALID */
  async signal(signal: string, reason = ''): Promise<void> {
    await this.#demandRunning().signal(signal);
    this.note(TASK_EVENTS.signaling(signal, reason));
  }

  /** Ends it: with its kill signal, and by force when that takes longer than its kill timeout. Resolves when it is dead. */
  async kill(cause?: UntimedEvent, { noShutdownDelay = false } = {}): Promise<void> {
    if (this.isDead) return;
    if (cause !== undefined) this.note(cause);
    this.#interruption.kill({ noShutdownDelay });
    // It may run without us: then it is found first.
    if (this.#handle !== undefined) void this.run();
    else if (!this.#isActive) this.#die({ failed: false });
    await this.ended;
  }

  /** Lets go of it as it is: {@link TaskRunner.run} resolves, and another runner may take it over by its record. */
  detach(): void {
    this.#interruption.detach();
  }

  /** It cannot be run at all. */
  fail(event: UntimedEvent): void {
    if (this.isDead) return;
    this.note(event);
    this.#die({ failed: true });
  }

  /** What it uses now; `undefined` while it does not run. */
  async usage(): Promise<TaskUsage | undefined> {
    return this.#running?.usage();
  }

  /** Runs and restarts it until it is dead or broken off. @returns what runs of it then */
  async #runOn(from: RunningTask | undefined): Promise<RunningTask | undefined> {
    let task = from;
    while (!this.isDead && !this.#interruption.happened) {
      task ??= await this.#start();
      if (task === undefined) continue;
      this.#running = task;
      this.#deps.onRunning();
      const exit = await this.#interruption.orSooner(exitOf(task));
      if (exit === undefined) return task;
      task = undefined;
      this.#gone(exit);
      // Whoever asks for a restart gets one, however it has ended.
      if (this.#interruption.kind !== 'restart') {
        await this.#decide(this.#restarts.ended({ succeeded: succeeded(exit) }));
      }
    }
    return task;
  }

  /** Does what it was broken off for. @returns whether it is to be started again now */
  async #startsAnew(task: RunningTask | undefined): Promise<boolean> {
    if (this.#interruption.kind === 'restart') {
      const exit = task === undefined ? undefined : await this.#interruption.unlessDetached(this.#stop(task));
      if (exit !== undefined) this.#gone(exit);
      // Meanwhile somebody may have wanted more than that.
      if (this.#interruption.kind === 'restart') return this.#renew();
      if (exit !== undefined) return this.#startsAnew(undefined);
    }
    if (this.#interruption.kind === 'kill') await this.#end(task);
    else if (task !== undefined) await this.#letGo(task);
    return false;
  }

  /** @returns whether it is to be started again now */
  #renew(): boolean {
    const { clock } = this.#deps;
    this.#interruption = new Interruption(this.#deps);
    this.#change({
      state: 'pending',
      failed: false,
      finishedAtMs: 0,
      restarts: this.#state.restarts + 1,
      lastRestartMs: clock.now(),
    });
    this.note(TASK_EVENTS.restarting(0, ''));
    this.#isActive = !this.#isHeld;
    this.#tellRenewed();
    return this.#isActive;
  }

  #tellRenewed(): void {
    this.#renewed?.resolve();
    this.#renewed = undefined;
  }

  /** Resolves when it has been made ready to start again, or will not be. */
  async #interrupt(cause: UntimedEvent): Promise<void> {
    this.note(cause);
    this.#interruption.restart();
    // Somebody else may wait for the same end.
    this.#renewed ??= new Deferred();
    await this.#renewed.promise;
  }

  /** @throws CLIENT_TASK_NOT_RUNNING */
  #demandRunning(): RunningTask {
    if (this.#running !== undefined && this.isRunning) return this.#running;
    throw clientError(
      { code: 'CLIENT_TASK_NOT_RUNNING', task: this.name },
      `Task ${JSON.stringify(this.name)} is not running`,
    );
  }

  #gone(exit: TaskExit): void {
    this.#running = undefined;
    this.#handle = undefined;
    this.note(TASK_EVENTS.terminated(exit));
  }

  /** @returns the task as it went on without us; `undefined` when it is to be started */
  async #recover(): Promise<RunningTask | undefined> {
    const { confirmed, driver, logger, prepare } = this.#deps;
    const handle = this.#handle;
    if (this.#options.record === undefined) return undefined;
    try {
      const task = handle === undefined ? undefined : await driver?.recover(handle, await prepare());
      if (task !== undefined) return task;
    } catch (error) {
      logger.warn('task cannot be found again', { task: this.name, error: errorMessage(error) });
    }
    if (handle !== undefined) {
      this.#handle = undefined;
      this.#change({ state: 'pending' });
      this.note(TASK_EVENTS.restoreFailed());
    }
    // The servers may have given it to another node long ago.
    await this.#interruption.orSooner(confirmed);
    return undefined;
  }

  /** @returns `undefined` when it could not be started and the policy has been asked */
  async #start(): Promise<RunningTask | undefined> {
    const { driver, prepare, clock } = this.#deps;
    let start: TaskStart;
    try {
      start = await prepare();
    } catch (error) {
      this.fail(TASK_EVENTS.setupFailure(errorMessage(error)));
      return undefined;
    }
    try {
      if (driver === undefined) throw new UnknownDriver(this.task.driver);
      const task = await driver.start(start);
      this.#handle = task.handle;
      this.#change({ state: 'running', startedAtMs: clock.now() });
      this.note(TASK_EVENTS.started());
      await this.#deps.onChange();
      this.#hasStarted = true;
      this.#started.resolve();
      return task;
    } catch (error) {
      this.note(TASK_EVENTS.driverFailure(errorMessage(error)));
      const recoverable = !(error instanceof UnknownDriver) && !HOPELESS.some((code) => isSteppeError(error, code));
      await this.#decide(this.#restarts.notStarted({ recoverable }));
      return undefined;
    }
  }

  /** Waits for the next start, or ends it for good. */
  async #decide(decision: RestartDecision): Promise<void> {
    const { clock } = this.#deps;
    switch (decision.action) {
      case 'complete':
        this.#die({ failed: false });
        return;
      case 'fail':
        // What is being killed may end badly.
        if (this.#interruption.kind === 'kill') return;
        this.note(TASK_EVENTS.notRestarting(decision.reason));
        this.#die({ failed: true });
        return;
      case 'restart':
        if (this.#interruption.happened) {
          this.#change({ state: 'pending' });
          return;
        }
        this.#change({ state: 'pending', restarts: this.#state.restarts + 1, lastRestartMs: clock.now() });
        this.note(TASK_EVENTS.restarting(decision.delayMs, decision.reason));
        await this.#interruption.wait(decision.delayMs);
    }
  }

  async #end(task: RunningTask | undefined): Promise<void> {
    if (task !== undefined) {
      const { shutdownDelayMs } = this.task;
      this.note(TASK_EVENTS.killing(this.#killTimeoutMs));
      if (shutdownDelayMs > 0 && !this.#interruption.noShutdownDelay) {
        await this.#interruption.waitUntil(exitOf(task), shutdownDelayMs);
      }
      const exit = await this.#interruption.unlessDetached(this.#stop(task));
      if (exit === undefined) return this.#letGo(task);
      this.#gone(exit);
      this.note(TASK_EVENTS.killed());
    }
    this.#die({ failed: false });
  }

  get #killTimeoutMs(): number {
    return Math.min(this.task.killTimeoutMs, this.#options.maxKillTimeoutMs);
  }

  async #stop(task: RunningTask): Promise<TaskExit> {
    const { killSignal } = this.task;
    const timeoutMs = this.#killTimeoutMs;
    if (this.#interruption.kind !== 'detach') {
      try {
        await task.stop({ signal: killSignal, timeoutMs });
      } catch (error) {
        this.#deps.logger.warn('task cannot be stopped as it asks', { task: this.name, error: errorMessage(error) });
        // With the driver's own signal it can.
        await task.stop({ signal: '', timeoutMs }).catch(() => undefined);
      }
    }
    return exitOf(task);
  }

  async #letGo(task: RunningTask): Promise<void> {
    try {
      await task.detach();
    } catch (error) {
      this.#deps.logger.warn('task cannot be let go of', { task: this.name, error: errorMessage(error) });
    }
  }

  #die({ failed }: { readonly failed: boolean }): void {
    this.#handle = undefined;
    this.#change({ state: 'dead', failed, finishedAtMs: this.#deps.clock.now() });
    this.#settle();
  }

  #settle(): void {
    this.#looked.resolve();
    this.#started.resolve();
    this.#ended.resolve();
  }

  #change(part: Partial<TaskState>): void {
    this.#state = { ...this.#state, ...part };
    void this.#deps.onChange();
  }
}

/** Drivers are not all ours: one that breaks its promise ends its task, not the agent. */
const exitOf = (task: RunningTask): Promise<TaskExit> =>
  task.exit.catch((error: unknown) => ({ exitCode: -1, signal: 0, oomKilled: false, reason: errorMessage(error) }));

const succeeded = ({ exitCode, signal, reason }: TaskExit): boolean => exitCode === 0 && signal === 0 && reason === '';

/** This node will not get it while it runs. */
class UnknownDriver extends Error {
  constructor(name: string) {
    super(`failed to initialize task: this node has no driver ${JSON.stringify(name)}`);
  }
}
