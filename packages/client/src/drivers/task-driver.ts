import type { DriverInfo, TaskLogConfig, TaskResources } from '@steppe/domain';
import type { Contribution } from '@steppe/runtime';

/** What a driver is to run: everything is interpolated, and all folders exist. */
export interface TaskStart {
  readonly allocId: string;
  readonly taskName: string;
  /** The driver's own settings, as the job has them. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The whole environment of the task. */
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly resources: TaskResources;
  /** The task's own folder, which it starts in. */
  readonly taskFolder: string;
  /** Where stdout and stderr go: `<task>.stdout.<n>` and `<task>.stderr.<n>`. */
  readonly logFolder: string;
  readonly logs: TaskLogConfig;
}

/** How a task ended. */
export interface TaskExit {
  readonly exitCode: number;
  /** Number of the signal that ended it, 0 for none. */
  readonly signal: number;
  readonly oomKilled: boolean;
  /** Why it ended, where it did not end by itself; empty otherwise. */
  readonly reason: string;
}

/** What a task uses now. */
export interface TaskUsage {
  /** Resident memory, bytes. */
  readonly memoryBytes: number;
  /** CPU time since the start, milliseconds. */
  readonly userMs: number;
  readonly systemMs: number;
  readonly pids: readonly number[];
}

/** A task that runs. */
export interface RunningTask {
  /** What finds it again after a restart of the agent; plain JSON. */
  readonly handle: Readonly<Record<string, unknown>>;
  /** Resolves when it has ended; never rejects. */
  readonly exit: Promise<TaskExit>;
  /** @param signal - such as `SIGHUP` @throws DRIVER_SIGNAL_INVALID */
  signal(signal: string): Promise<void>;
  /** Asks it to end, and ends it when it has not after `timeoutMs`. Resolves when it has ended. @param options - `signal`: empty for the driver's default */
  stop(options: { readonly signal: string; readonly timeoutMs: number }): Promise<void>;
  usage(): Promise<TaskUsage>;
  /** The agent stops: lets go of it, and it goes on. */
  detach(): Promise<void>;
}

/** Contribution point: a way to run tasks. The key is `name`. */
export interface TaskDriver extends Contribution {
  readonly name: string;
  /** Whether it can run here. */
  fingerprint(): Promise<Omit<DriverInfo, 'updateTimeMs'>>;
  /** Rejects with DRIVER_CONFIG_INVALID naming the setting and its value, or with why the task could not be started. */
  start(task: TaskStart): Promise<RunningTask>;
  /** `undefined` when the task does not run any more and nobody knows how it ended. */
  recover(handle: Readonly<Record<string, unknown>>, task: TaskStart): Promise<RunningTask | undefined>;
}
