import type { FlagTable } from '@steppe/config';
import { CLIENT_FLAGS, clientOf, defineCommand } from '../command.js';
import { explained } from './acl-input.js';
import { demandJobId, findJob } from './job-lookup.js';
import { MONITOR_FLAGS, tellOfEvaluation } from './job-written.js';
import type { JobWrittenWire } from './job-wire.js';

const FLAGS = {
  ...CLIENT_FLAGS,
  ...MONITOR_FLAGS,
  'force-reschedule': { kind: 'bool', usage: 'replace failed allocations even if their policy says no, or not yet' },
} as const satisfies FlagTable;

export const jobEval = defineCommand({
  flags: FLAGS,
  takes: '<job>',
  help: 'Has a job considered again.',
  run: async ({ flags, args, io }) => {
    const client = clientOf({ flags, io });
    const { id, path, query } = await findJob(client, demandJobId(args));
    const written = (await explained('Error evaluating job: ', () =>
      client.put(`${path}/evaluate`, query, {
        JobID: id,
        EvalOptions: { ForceReschedule: flags['force-reschedule'] === true },
      }),
    )) as JobWrittenWire;
    return tellOfEvaluation(client, written, {
      flags,
      io,
      namespace: query.namespace,
      success: 'Job is to be evaluated',
    });
  },
});
