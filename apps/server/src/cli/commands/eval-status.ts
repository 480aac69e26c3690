import type { FlagTable } from '@steppe/config';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { formatKeyValues } from '../format/columns.js';
import { section } from '../format/section.js';
import { formatAge, formatMoment, momentMs } from '../format/time.js';
import { explained } from './acl-input.js';
import { allocTable } from './alloc-table.js';
import type { AllocStubWire } from './alloc-wire.js';
import { EvalMonitor } from './eval-monitor.js';
import { evalTable, placementFailed, relatedTable } from './eval-table.js';
import type { EvalWire } from './eval-wire.js';
import { demandById } from './id-lookup.js';
import { orNone, shownId } from './node-table.js';
import { formatted, OUTPUT_FLAGS } from './output-formats.js';
import { placementFailures } from './placement-failure.js';

const FLAGS = {
  ...CLIENT_FLAGS,
  ...OUTPUT_FLAGS,
  monitor: { kind: 'bool', usage: 'tell what becomes of it until it is through' },
  verbose: { kind: 'bool', usage: 'show everything' },
} as const satisfies FlagTable;

export const evalStatus = defineCommand({
  flags: FLAGS,
  takes: '<evaluation id or prefix>',
  help: 'Shows an evaluation: what it is about, what came of it, and what could not be placed and why.',
  run: async ({ flags, args, io }) => {
    const [prefix] = args;
    if (prefix === undefined || args.length > 1) throw new UsageError('This command takes one argument: <evaluation>');
    const client = clientOf({ flags, io });
    const isVerbose = flags.verbose === true;
    const found = await explained('Error querying evaluation: ', () =>
      demandById<EvalWire>(client, prefix, {
        path: '/v1/evaluations',
        query: client.anyNamespace,
        one: 'evaluation',
        many: 'evaluations',
        table: (evals) => evalTable(evals, { isVerbose: true }),
      }),
    );
    if (flags.monitor === true)
      return new EvalMonitor(client, io, { isVerbose, namespace: found.Namespace }).follow(found.ID);
    const query = found.Namespace === undefined ? {} : { namespace: found.Namespace };
    const [evaluation, allocs] = await explained('Error querying evaluation: ', () =>
      Promise.all([
        client.get(`/v1/evaluation/${found.ID}`, { ...query, related: 'true' }) as Promise<EvalWire>,
        client.get(`/v1/evaluation/${found.ID}/allocations`, query) as Promise<readonly AllocStubWire[] | null>,
      ]),
    );
    const shown = { isVerbose, nowMs: Date.now() };
    io.writeOut(formatted(flags, evaluation) ?? `${evalDetails(evaluation, allocs ?? [], shown)}\n`);
    return 0;
  },
});

interface Shown {
  readonly isVerbose: boolean;
  readonly nowMs: number;
}

function evalDetails(evaluation: EvalWire, allocs: readonly AllocStubWire[], { isVerbose, nowMs }: Shown): string {
  const { NodeID = '', StatusDescription = '' } = evaluation;
  const time = (moment: number | undefined): string =>
    orNone(isVerbose ? formatMoment(moment) : formatAge(moment, nowMs));
  const failed = evaluation.FailedTGAllocs ?? {};
  const related = evaluation.RelatedEvals ?? [];
  const basics = formatKeyValues([
    ['ID', shownId(evaluation.ID, isVerbose)],
    ['Create Time', time(evaluation.CreateTime)],
    ['Modify Time', time(evaluation.ModifyTime)],
    ['Status', evaluation.Status],
    ['Status Description', orNone(StatusDescription)],
    ['Type', evaluation.Type],
    ['TriggeredBy', evaluation.TriggeredBy],
    ['Job ID', orNone(evaluation.JobID ?? '')],
    ['Namespace', orNone(evaluation.Namespace ?? '')],
    ...(NodeID === '' ? [] : ([['Node ID', shownId(NodeID, isVerbose)]] as const)),
    ['Priority', `${evaluation.Priority}`],
    ['Placement Failures', placementFailed(evaluation)],
    ...links(evaluation, isVerbose),
  ]);
  return [
    basics,
    ...(related.length === 0 ? [] : [section('Related Evaluations', relatedTable(related, { isVerbose }))]),
    ...(Object.keys(failed).length === 0 ? [] : [section('Failed Placements', placementFailures(failed))]),
    section('Allocations', allocTable(allocs, { isVerbose, nowMs })),
  ].join('\n\n');
}

/** Where it came from and where it goes. */
function links(evaluation: EvalWire, isVerbose: boolean): readonly (readonly [string, string])[] {
  const { PreviousEval = '', NextEval = '', BlockedEval = '', SnapshotIndex } = evaluation;
  const waitUntil = momentMs(evaluation.WaitUntil) === undefined ? '' : formatMoment(evaluation.WaitUntil);
  const all = [
    ['Wait Until', waitUntil],
    ['Previous Eval', shownId(PreviousEval, isVerbose)],
    ['Next Eval', shownId(NextEval, isVerbose)],
    ['Blocked Eval', shownId(BlockedEval, isVerbose)],
    ['Snapshot Index', isVerbose && SnapshotIndex !== undefined ? `${SnapshotIndex}` : ''],
  ] as const;
  return all.filter(([, value]) => value !== '');
}
