import type { Allocation, Job, TaskState } from '@steppe/domain';

/** What is kept of a task over a restart of the agent. */
export interface TaskRecord {
  readonly state: TaskState;
  /** What its driver finds it by, while it runs. */
  readonly handle?: Readonly<Record<string, unknown>>;
}

/** What is kept of an allocation over a restart of the agent. Identity tokens are not: the servers give new ones. */
export interface AllocRecord {
  readonly allocation: Allocation;
  readonly job: Job;
  readonly tasks: Readonly<Record<string, TaskRecord>>;
  /** When tokens of tasks are to be renewed; records of before there were such tokens have none. */
  readonly renewals?: Readonly<Record<string, number>>;
  /** Digest of the report that a server accepted last; empty before. */
  readonly acknowledged: string;
}

/** Keeps the records of allocations. */
export interface AllocStore {
  /** What can be read; anything else is left out, and the servers asked again. */
  load(): Promise<readonly AllocRecord[]>;
  /** Resolves when it is kept: a crash leaves the record before or this one. */
  save(record: AllocRecord): Promise<void>;
  remove(allocId: string): Promise<void>;
}
