import { formatColumns } from '../format/columns.js';
import { formatAge, formatMoment } from '../format/time.js';
import type { AllocStubWire } from './alloc-wire.js';
import { shownId } from './node-table.js';

interface Shown {
  readonly isVerbose: boolean;
  readonly nowMs: number;
}

/** Newest first. */
export function allocTable(allocs: readonly AllocStubWire[], { isVerbose, nowMs }: Shown): string {
  if (allocs.length === 0) return 'No allocations placed';
  const time = (moment: number | undefined): string => (isVerbose ? formatMoment(moment) : formatAge(moment, nowMs));
  const columns: readonly (readonly [title: string, cell: (alloc: AllocStubWire) => string])[] = [
    ['ID', ({ ID }) => shownId(ID, isVerbose)],
    ...(isVerbose ? [['Eval ID', ({ EvalID = '' }: AllocStubWire) => EvalID] as const] : []),
    ['Node ID', ({ NodeID }) => shownId(NodeID, isVerbose)],
    ...(isVerbose ? [['Node Name', ({ NodeName = '' }: AllocStubWire) => NodeName] as const] : []),
    ['Task Group', ({ TaskGroup }) => TaskGroup],
    ['Version', ({ JobVersion = 0 }) => `${JobVersion}`],
    ['Desired', ({ DesiredStatus }) => DesiredStatus],
    ['Status', ({ ClientStatus }) => ClientStatus],
    ['Created', ({ CreateTime }) => time(CreateTime)],
    ['Modified', ({ ModifyTime }) => time(ModifyTime)],
  ];
  const newestFirst = allocs.toSorted((a, b) => (b.CreateIndex ?? 0) - (a.CreateIndex ?? 0));
  return formatColumns([
    columns.map(([title]) => title),
    ...newestFirst.map((alloc) => columns.map(([, cell]) => cell(alloc))),
  ]);
}
