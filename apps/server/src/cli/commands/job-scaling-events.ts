import type { FlagTable } from '@steppe/config';
import { CLIENT_FLAGS, clientOf, defineCommand } from '../command.js';
import { formatColumns } from '../format/columns.js';
import { formatMoment } from '../format/time.js';
import { explained } from './acl-input.js';
import { demandJobId, findJob } from './job-lookup.js';
import type { JobScaleWire, ScalingEventWire } from './job-wire.js';
import { shownId } from './node-table.js';
import { formatted, OUTPUT_FLAGS } from './output-formats.js';

const FLAGS = {
  ...CLIENT_FLAGS,
  ...OUTPUT_FLAGS,
  verbose: { kind: 'bool', usage: 'show evaluations, messages and errors, too' },
} as const satisfies FlagTable;

interface GroupEvent extends ScalingEventWire {
  readonly group: string;
}

export const jobScalingEvents = defineCommand({
  flags: FLAGS,
  takes: '<job>',
  help: 'Lists how the groups of a job were scaled, the newest first.',
  run: async ({ flags, args, io }) => {
    const client = clientOf({ flags, io });
    const { path, query } = await findJob(client, demandJobId(args));
    const { TaskGroups } = (await explained('Error listing scaling events: ', () =>
      client.get(`${path}/scale`, query),
    )) as JobScaleWire;
    const events = Object.entries(TaskGroups ?? {})
      .flatMap(([group, { Events }]) => (Events ?? []).map((event) => ({ ...event, group })))
      .toSorted((a, b) => b.CreateIndex - a.CreateIndex);
    io.writeOut(formatted(flags, TaskGroups) ?? `${table(events, flags.verbose === true)}\n`);
    return 0;
  },
});

function table(events: readonly GroupEvent[], isVerbose: boolean): string {
  if (events.length === 0) return 'No events found';
  return formatColumns([
    ['Task Group', 'Count', 'PrevCount', ...(isVerbose ? ['Error', 'Message', 'Eval ID'] : []), 'Date'],
    ...events.map(({ group, Count, PreviousCount, Error: isError, Message, EvalID, Time }) => [
      group,
      `${Count ?? ''}`,
      `${PreviousCount}`,
      ...(isVerbose ? [`${isError}`, Message, shownId(EvalID ?? '', true)] : []),
      formatMoment(Time),
    ]),
  ]);
}
