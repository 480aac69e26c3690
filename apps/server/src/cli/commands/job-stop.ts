import { goQuote } from '@steppe/domain';
import type { FlagTable, FlagValues } from '@steppe/config';
import type { ApiClient } from '../api/api-client.js';
import type { CliIo } from '../cli-io.js';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { explained } from './acl-input.js';
import { confirmed } from './confirm.js';
import { findJob } from './job-lookup.js';
import { MONITOR_FLAGS, tellOfEvaluation } from './job-written.js';
import type { JobWrittenWire } from './job-wire.js';

const FLAGS = {
  ...CLIENT_FLAGS,
  ...MONITOR_FLAGS,
  purge: { kind: 'bool', usage: 'forget the job altogether' },
  global: { kind: 'bool', usage: 'in all regions of a job of several regions' },
  'no-shutdown-delay': { kind: 'bool', usage: 'do not wait for the shutdown delays of groups and tasks' },
  'eval-priority': { kind: 'int', usage: 'priority of the evaluation; default the job’s' },
  yes: { kind: 'bool', usage: 'do not ask, even for a job that is not named in full' },
} as const satisfies FlagTable;
type Flags = FlagValues<typeof FLAGS>;

export const jobStop = defineCommand({
  flags: FLAGS,
  takes: '<job>...',
  help: 'Stops jobs: their allocations end, and they stay known unless they are purged.',
  run: async ({ flags, args, io }) => {
    if (args.length === 0) throw new UsageError('This command takes at least one argument: <job>');
    const client = clientOf({ flags, io });
    let code = 0;
    for (const id of args) code = Math.max(code, await stop(client, id, flags, io));
    return code;
  },
});

async function stop(client: ApiClient, prefix: string, flags: Flags, io: CliIo): Promise<number> {
  const { id, path, query, isExact } = await findJob(client, prefix);
  const isSure = isExact || flags.yes === true;
  if (!isSure && !(await confirmed(io, `Are you sure you want to stop job ${goQuote(id)}?`))) return 0;
  const written = (await explained('Error deregistering job: ', () =>
    client.delete(path, {
      ...query,
      purge: `${flags.purge === true}`,
      global: `${flags.global === true}`,
      eval_priority: `${flags['eval-priority'] ?? 0}`,
      no_shutdown_delay: `${flags['no-shutdown-delay'] === true}`,
    }),
  )) as JobWrittenWire;
  return tellOfEvaluation(client, written, {
    flags,
    io,
    namespace: query.namespace,
    success: `Job ${goQuote(id)} is to stop`,
  });
}
