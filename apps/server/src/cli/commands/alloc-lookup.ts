import { goQuote } from '@steppe/domain';
import type { ApiClient } from '../api/api-client.js';
import { UsageError } from '../command.js';
import { explained } from './acl-input.js';
import { allocTable } from './alloc-table.js';
import type { AllocStubWire, AllocWire } from './alloc-wire.js';
import { demandById } from './id-lookup.js';
import { findJob } from './job-lookup.js';

/** The allocation that an id or prefix of one names, in any namespace of the caller. @throws an `Error` saying why there is none */
export async function findAlloc(client: ApiClient, prefix: string): Promise<AllocWire> {
  const stub = await explained('Error querying allocation: ', () =>
    demandById<AllocStubWire>(client, prefix, {
      path: '/v1/allocations',
      query: client.anyNamespace,
      one: 'allocation',
      many: 'allocations',
      table: (allocs) => allocTable(allocs, { isVerbose: true, nowMs: Date.now() }),
    }),
  );
  return fullAlloc(client, stub);
}

/** One allocation of a job: a running one before others, the newest of them. */
export async function allocOfJob(client: ApiClient, jobId: string): Promise<AllocWire> {
  const { id, path, query } = await findJob(client, jobId);
  const allocs = (await explained('Error querying job: ', () =>
    client.get(`${path}/allocations`, query),
  )) as readonly AllocStubWire[];
  const isRunning = ({ ClientStatus }: AllocStubWire): number => Number(ClientStatus === 'running');
  const [stub] = allocs.toSorted((a, b) => isRunning(b) - isRunning(a) || (b.CreateIndex ?? 0) - (a.CreateIndex ?? 0));
  if (stub === undefined) throw new Error(`No allocations for job ${goQuote(id)} found`);
  return fullAlloc(client, stub);
}

const fullAlloc = (client: ApiClient, { ID, Namespace }: AllocStubWire): Promise<AllocWire> =>
  explained(
    'Error querying allocation: ',
    async () => (await client.get(`/v1/allocation/${ID}`, { namespace: Namespace })) as AllocWire,
  );

/** Its tasks by name, in the order of the job. */
export function tasksOf({ Job, TaskGroup, TaskStates }: AllocWire): readonly string[] {
  const group = (Job?.TaskGroups ?? []).find(({ Name }) => Name === TaskGroup);
  return group?.Tasks?.map(({ Name }) => Name) ?? Object.keys(TaskStates ?? {}).toSorted();
}

/** The task of that name; without one the only one that there is. @throws an `Error` naming the tasks there are */
export function taskOf(alloc: AllocWire, named: string | undefined): string {
  const tasks = tasksOf(alloc);
  const [only] = tasks;
  if (named === undefined && only !== undefined && tasks.length === 1) return only;
  if (named !== undefined && tasks.includes(named)) return named;
  const problem = named === undefined ? 'has more than one task, or none' : `has no task ${goQuote(named)}`;
  throw new Error(`Allocation ${goQuote(alloc.ID)} ${problem}. Its tasks: ${tasks.join(', ')}`);
}

/** The task that an argument or `-task` names, if any. @throws UsageError when both do, differently */
export function namedTask(argument: string | undefined, flag: string | undefined): string | undefined {
  if (argument !== undefined && flag !== undefined && argument !== flag) {
    throw new UsageError('The task is given twice');
  }
  return argument ?? flag;
}
