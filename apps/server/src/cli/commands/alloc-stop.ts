import type { FlagTable } from '@steppe/config';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { explained } from './acl-input.js';
import { findAlloc } from './alloc-lookup.js';
import { MONITOR_FLAGS, tellOfEvaluation } from './job-written.js';

const FLAGS = {
  ...CLIENT_FLAGS,
  ...MONITOR_FLAGS,
  'no-shutdown-delay': { kind: 'bool', usage: 'do not wait for the shutdown delays of its group and tasks' },
  reschedule: { kind: 'bool', usage: 'let its reschedule policy decide on what replaces it' },
} as const satisfies FlagTable;

export const allocStop = defineCommand({
  flags: FLAGS,
  takes: '<allocation id or prefix>',
  help: 'Stops an allocation. Its job is considered again, and gets another in its place.',
  run: async ({ flags, args, io }) => {
    const [prefix] = args;
    if (prefix === undefined || args.length > 1) throw new UsageError('This command takes one argument: <allocation>');
    const client = clientOf({ flags, io });
    const { ID, Namespace } = await findAlloc(client, prefix);
    const written = (await explained('Error stopping allocation: ', () =>
      client.put(`/v1/allocation/${ID}/stop`, {
        namespace: Namespace,
        no_shutdown_delay: `${flags['no-shutdown-delay'] === true}`,
        reschedule: `${flags.reschedule === true}`,
      }),
    )) as { readonly EvalID: string };
    return tellOfEvaluation(client, written, { flags, io, namespace: Namespace, success: 'Allocation is to stop' });
  },
});
