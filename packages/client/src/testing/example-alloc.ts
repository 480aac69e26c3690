import type { Allocation, Job, SignedIdentity, Task, TaskGroup } from '@steppe/domain';
import { ALLOCATION_WIRE, JOB_WIRE, TASK_GROUP_WIRE, TASK_WIRE, canonicalJob } from '@steppe/domain';
import type { ClientAllocation } from '../servers/alloc-link.js';

export const ALLOC_ID = '5e8a1f2c-0000-4000-8000-000000000001';
export const allocId = (n: number): string => `5e8a1f2c-0000-4000-8000-${`${n}`.padStart(12, '0')}`;

export const exampleTask = (name: string, task: Partial<Task> = {}): Task => ({
  ...TASK_WIRE.empty,
  name,
  driver: 'fake',
  ...task,
});

export interface ExampleOptions {
  readonly id?: string;
  readonly type?: string;
  readonly tasks?: readonly Task[];
  readonly group?: Partial<TaskGroup>;
  readonly job?: Partial<Job>;
  readonly allocation?: Partial<Allocation>;
  readonly identities?: readonly SignedIdentity[];
}

/** An allocation of group `web` of job `shop` with one task, `main`, unless told otherwise. */
export function exampleAlloc({
  id = ALLOC_ID,
  type = 'service',
  tasks = [exampleTask('main')],
  group = {},
  job = {},
  allocation = {},
  identities = [],
}: ExampleOptions = {}): ClientAllocation {
  const taskGroups = [{ ...TASK_GROUP_WIRE.empty, name: 'web', tasks, ...group }];
  return {
    allocation: {
      ...ALLOCATION_WIRE.empty,
      id,
      name: 'shop.web[3]',
      namespace: 'default',
      jobId: 'shop',
      taskGroup: 'web',
      desiredStatus: 'run',
      clientStatus: 'pending',
      allocModifyIndex: 10,
      jobModifyIndex: 5,
      ...allocation,
    },
    job: canonicalJob({ ...JOB_WIRE.empty, id: 'shop', type, taskGroups, ...job }, { priority: 50, region: 'global' }),
    identities,
  };
}
