import type { FlagTable } from '@steppe/config';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { explained } from './acl-input.js';
import { allocOfJob, findAlloc, namedTask, taskOf } from './alloc-lookup.js';
import { beginningOf, copyFrames, TAIL_FLAGS, untilInterrupted } from './frame-copy.js';

const FLAGS = {
  ...CLIENT_FLAGS,
  ...TAIL_FLAGS,
  stdout: { kind: 'bool', usage: 'what the task writes to standard output; the default' },
  stderr: { kind: 'bool', usage: 'what it writes to standard error' },
  job: { kind: 'string', usage: 'of an allocation of this job, a running one if there is one' },
  task: { kind: 'string', usage: 'of this task; needed when there are several' },
} as const satisfies FlagTable;

export const allocLogs = defineCommand({
  flags: FLAGS,
  takes: '<allocation id or prefix> [<task>]',
  help: 'Shows what a task of an allocation writes.',
  run: async ({ flags, args, io }) => {
    const rest = flags.job === undefined ? args.slice(1) : args;
    const prefix = flags.job ?? args[0];
    if (prefix === undefined || rest.length > 1) {
      throw new UsageError('This command takes one or two arguments: <allocation> [<task>]');
    }
    const named = namedTask(rest[0], flags.task);
    const { origin, offset, lines } = beginningOf(flags);
    const client = clientOf({ flags, io });
    const alloc = await (flags.job === undefined ? findAlloc(client, prefix) : allocOfJob(client, prefix));
    const task = taskOf(alloc, named);
    const types = [
      ...(flags.stdout === true || flags.stderr !== true ? ['stdout'] : []),
      ...(flags.stderr === true ? ['stderr'] : []),
    ];
    const path = `/v1/client/fs/logs/${alloc.ID}`;
    const query = { namespace: alloc.Namespace, task, follow: `${flags.f === true}`, origin, offset: `${offset}` };
    await explained('Error reading logs: ', () =>
      untilInterrupted(io, (signal) =>
        Promise.all(types.map((type) => copyFrames(client, { path, query: { ...query, type }, lines, signal }, io))),
      ),
    );
    return 0;
  },
});
