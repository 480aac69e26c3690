import { RawExecDriver } from '@steppe/client';
import { RawExecDriver as RawExecDriverToken } from '@steppe/client/di';
import { Clock } from '@steppe/runtime/di';
import { eventually } from '@steppe/testing';
import { ContainerModule } from 'inversify';
import { fileURLToPath } from 'node:url';
import { jobOf } from './scheduling-agent.js';
import type { TestAgent } from './test-agent.js';

export interface RunningAlloc {
  readonly ID: string;
  readonly ClientStatus: string;
  readonly TaskStates: Readonly<
    Record<
      string,
      {
        readonly State: string;
        readonly Restarts: number;
        readonly StartedAt: string;
        readonly Events: readonly { readonly Type: string; readonly DisplayMessage: string }[];
      }
    >
  >;
}

/** Runs tasks by the supervisor as it is built: nothing but this process is compiled on its way. */
export const realTasksModule = new ContainerModule(({ rebind }) => {
  const built = new URL('../../../packages/client/dist/drivers/supervisor/task-supervisor.js', import.meta.url);
  rebind(RawExecDriverToken)
    .toResolvedValue(
      (clock: Clock) => new RawExecDriver({ enabled: true }, { clock, program: fileURLToPath(built) }),
      [Clock],
    )
    .inSingletonScope();
});

/** A task that runs a shell script. */
export const shellTask = (Name: string, script: string, rest: object = {}) => ({
  Name,
  Driver: 'raw_exec',
  Config: { command: '/bin/sh', args: ['-c', script] },
  Resources: { CPU: 1, MemoryMB: 10 },
  ...rest,
});

/** Registers a job with one group of one allocation, and waits until that runs. @param changes - to the group, in wire names */
export async function runJob(
  agent: TestAgent,
  id: string,
  tasks: readonly object[],
  { token = 'root', ...changes }: { readonly token?: string; readonly [field: string]: unknown } = {},
): Promise<RunningAlloc> {
  const Job = jobOf(id, {
    TaskGroups: [{ Name: 'g', Count: 1, EphemeralDisk: { SizeMB: 10 }, Tasks: tasks, ...changes }],
  });
  const reply = await agent.request('/v1/jobs', { method: 'PUT', token, body: JSON.stringify({ Job }) });
  if (reply.status !== 200) throw new Error(`job ${id}: ${reply.status} ${reply.text}`);
  let alloc: RunningAlloc | undefined;
  await eventually(20_000, async () => {
    const allocs = (await agent.request(`/v1/job/${id}/allocations`, { token })).json() as RunningAlloc[];
    alloc = allocs.find(({ ClientStatus }) => ClientStatus === 'running');
    if (alloc === undefined)
      throw new Error(`job ${id} does not run: ${JSON.stringify(allocs.map(({ TaskStates }) => TaskStates))}`);
  });
  return alloc as RunningAlloc;
}
