import type { FlagTable, FlagValues } from '@steppe/config';
import type { ApiClient } from '../api/api-client.js';
import type { CliIo } from '../cli-io.js';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { explained } from './acl-input.js';
import { findAlloc, namedTask, taskOf } from './alloc-lookup.js';

const TASK_FLAGS = {
  ...CLIENT_FLAGS,
  task: { kind: 'string', usage: 'only this task' },
} as const satisfies FlagTable;

const RESTART_FLAGS = {
  ...TASK_FLAGS,
  'all-tasks': { kind: 'bool', usage: 'all tasks in their order, those that have ended, too' },
} as const satisfies FlagTable;

export const allocRestart = defineCommand({
  flags: RESTART_FLAGS,
  takes: '<allocation id or prefix> [<task>]',
  help: 'Restarts the tasks of an allocation that run, or one of them. They stay where they are.',
  run: async (invocation) => {
    const { flags, args } = invocation;
    const allTasks = flags['all-tasks'] === true;
    if (allTasks && (args[1] ?? flags.task) !== undefined)
      throw new UsageError('-all-tasks cannot be used with a task');
    await tell(invocation, { operation: 'restart', body: (TaskName) => ({ TaskName, AllTasks: allTasks }) });
    return 0;
  },
});

const SIGNAL_FLAGS = {
  ...TASK_FLAGS,
  s: { kind: 'string', usage: 'the signal; default SIGKILL' },
} as const satisfies FlagTable;

export const allocSignal = defineCommand({
  flags: SIGNAL_FLAGS,
  takes: '<allocation id or prefix> [<task>]',
  help: 'Sends a signal to the tasks of an allocation that run, or to one of them.',
  run: async (invocation) => {
    const Signal = invocation.flags.s ?? 'SIGKILL';
    await tell(invocation, { operation: 'signal', body: (Task) => ({ Task, Signal }) });
    return 0;
  },
});

interface Invocation {
  readonly flags: FlagValues<typeof TASK_FLAGS>;
  readonly args: readonly string[];
  readonly io: CliIo;
}

interface Told {
  readonly operation: 'restart' | 'signal';
  /** @param task - its name; empty where none is named */
  readonly body: (task: string) => object;
}

/** Has the node of an allocation do something with its tasks. */
async function tell({ flags, args, io }: Invocation, { operation, body }: Told): Promise<void> {
  const [prefix] = args;
  if (prefix === undefined || args.length > 2) {
    throw new UsageError('This command takes one or two arguments: <allocation> [<task>]');
  }
  const named = namedTask(args[1], flags.task);
  const client: ApiClient = clientOf({ flags, io });
  const alloc = await findAlloc(client, prefix);
  const task = named === undefined ? '' : taskOf(alloc, named);
  const what = operation === 'restart' ? 'restarting' : 'signalling';
  await explained(`Error ${what} allocation: `, () =>
    client.put(`/v1/client/allocation/${alloc.ID}/${operation}`, { namespace: alloc.Namespace }, body(task)),
  );
}
