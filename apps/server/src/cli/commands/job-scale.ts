import { goQuote, parseGoInt } from '@steppe/domain';
import type { FlagTable } from '@steppe/config';
import type { ApiClient } from '../api/api-client.js';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { explained } from './acl-input.js';
import type { FoundJob } from './job-lookup.js';
import { findJob } from './job-lookup.js';
import { MONITOR_FLAGS, tellOfEvaluation, warn } from './job-written.js';
import type { JobWire, JobWrittenWire } from './job-wire.js';

const FLAGS = { ...CLIENT_FLAGS, ...MONITOR_FLAGS } as const satisfies FlagTable;

export const jobScale = defineCommand({
  flags: FLAGS,
  takes: '<job> [<group>] <count>',
  help: 'Changes how many allocations a group of a job has. The group may be left out where there is only one.',
  run: async ({ flags, args, io }) => {
    const [id, second, third] = args;
    if (id === undefined || second === undefined || args.length > 3) {
      throw new UsageError('This command takes two or three arguments: <job> [<group>] <count>');
    }
    const count = countOf(third ?? second);
    const client = clientOf({ flags, io });
    const job = await findJob(client, id);
    const group = third === undefined ? await onlyGroup(client, job) : second;
    const written = (await explained('Error submitting scaling request: ', () =>
      client.put(`${job.path}/scale`, job.query, {
        Count: count,
        Target: { Namespace: job.query.namespace, Job: job.id, Group: group },
        Message: 'submitted using the Steppe CLI',
      }),
    )) as JobWrittenWire;
    warn(written, io);
    return tellOfEvaluation(client, written, { flags, io, namespace: job.query.namespace, success: 'Job scaled' });
  },
});

function countOf(text: string): number {
  const count = parseGoInt(text);
  if (count === undefined || count < 0n || count > 0x7f_ff_ff_ffn) {
    throw new UsageError(`The count must be an integer of at least 0, got ${goQuote(text)}`);
  }
  return Number(count);
}

async function onlyGroup(client: ApiClient, { path, query, id }: FoundJob): Promise<string> {
  const { TaskGroups } = (await explained('Error querying job: ', () => client.get(path, query))) as JobWire;
  const names = (TaskGroups ?? []).map(({ Name }) => Name);
  if (names.length === 1 && names[0] !== undefined) return names[0];
  throw new UsageError(`Group name required: job ${goQuote(id)} has the groups ${names.map(goQuote).join(', ')}`);
}
