import { goQuote } from '@steppe/domain';
import { formatBytes, MIB } from '../format/bytes.js';
import { formatColumns, formatKeyValues } from '../format/columns.js';
import { section } from '../format/section.js';
import { formatAge, formatMoment } from '../format/time.js';
import { tasksOf } from './alloc-lookup.js';
import type { AllocUsageWire, StatsWire } from './alloc-usage.js';
import { used } from './alloc-usage.js';
import type { AllocWire, TaskStateWire } from './alloc-wire.js';
import type { AllocMetricWire } from './eval-wire.js';
import { orNone, shownId } from './node-table.js';
import { placementReasons } from './placement-failure.js';

interface Shown {
  readonly isVerbose: boolean;
  readonly isShort: boolean;
  /** Whether everything measured is shown. */
  readonly withStats: boolean;
  readonly nowMs: number;
  readonly usage: AllocUsageWire | undefined;
}

const NEWEST_EVENTS = 10;

/** One allocation in sections: itself, its ports, and each of its tasks with what it uses and what happened to it. */
export function allocDetails(alloc: AllocWire, { isVerbose, isShort, withStats, nowMs, usage }: Shown): string {
  const time = (moment: number | undefined): string => (isVerbose ? formatMoment(moment) : formatAge(moment, nowMs));
  const id = (text: string | undefined): string => shownId(text ?? '', isVerbose);
  const basics = [
    ['ID', id(alloc.ID)],
    ['Eval ID', id(alloc.EvalID)],
    ['Name', alloc.Name],
    ['Node ID', id(alloc.NodeID)],
    ['Node Name', alloc.NodeName ?? ''],
    ['Namespace', alloc.Namespace],
    ['Job ID', alloc.JobID],
    ['Job Version', `${alloc.JobVersion ?? 0}`],
    ['Client Status', alloc.ClientStatus],
    ['Client Description', orNone(alloc.ClientDescription ?? '')],
    ['Desired Status', alloc.DesiredStatus],
    ['Desired Description', orNone(alloc.DesiredDescription ?? '')],
    ['Created', time(alloc.CreateTime)],
    ['Modified', time(alloc.ModifyTime)],
    ...optional([
      ['Previous Alloc', id(alloc.PreviousAllocation)],
      ['Replacement Alloc ID', id(alloc.NextAllocation)],
      ['Reschedule Eval ID', id(alloc.FollowupEvalID)],
    ]),
  ] as const;
  const ports = portTable(alloc);
  const parts = [formatKeyValues(basics), ...(ports === '' ? [] : [section('Allocation Addresses', ports)])];
  if (isShort) {
    parts.push(section('Tasks', taskTable(alloc)));
  } else {
    parts.push(...tasksOf(alloc).flatMap((task) => taskParts(alloc, task, { usage, withStats })));
    if (isVerbose && alloc.Metrics) parts.push(section('Placement Metrics', placementText(alloc.Metrics)));
  }
  return parts.join('\n\n');
}

const optional = (pairs: readonly (readonly [string, string])[]): readonly (readonly [string, string])[] =>
  pairs.filter(([, value]) => value !== '');

function portTable({ AllocatedResources }: AllocWire): string {
  const ports = AllocatedResources?.Shared?.Ports ?? [];
  if (ports.length === 0) return '';
  return formatColumns([
    ['Label', 'Address', 'To'],
    ...ports.map(({ Label, Value, To = 0, HostIP = '' }) => [
      Label,
      `${HostIP.includes(':') ? `[${HostIP}]` : HostIP}:${Value}`,
      To === 0 ? '' : `${To}`,
    ]),
  ]);
}

const taskTable = (alloc: AllocWire): string =>
  formatColumns([
    ['Name', 'State', 'Last Event', 'Time'],
    ...tasksOf(alloc).map((task) => {
      const state = alloc.TaskStates?.[task];
      const event = state?.Events?.at(-1);
      return [task, stateText(state), event?.Type ?? '<none>', formatMoment(event?.Time)];
    }),
  ]);

const stateText = (state: TaskStateWire | undefined): string =>
  state === undefined ? 'pending' : state.Failed ? `${state.State} (failed)` : state.State;

function taskParts(
  alloc: AllocWire,
  task: string,
  { usage, withStats }: Pick<Shown, 'usage' | 'withStats'>,
): readonly string[] {
  const state = alloc.TaskStates?.[task];
  const parts = [
    `Task ${goQuote(task)} is ${goQuote(stateText(state))}`,
    section('Task Resources', resourceTable(alloc, task, usage)),
  ];
  const measured = usage?.Tasks?.[task]?.ResourceUsage;
  if (withStats && measured) {
    parts.push(section('Memory Stats', statsText(measured.MemoryStats, formatBytes)));
    parts.push(
      section(
        'CPU Stats',
        statsText(measured.CpuStats, (value) => `${Math.round(value * 100) / 100}`),
      ),
    );
  }
  if (state === undefined) return parts;
  const times = formatKeyValues([
    ['Started At', formatMoment(state.StartedAt)],
    ['Finished At', formatMoment(state.FinishedAt)],
    ['Total Restarts', `${state.Restarts}`],
    ['Last Restart', formatMoment(state.LastRestart)],
  ]);
  return [...parts, section('Task Events', times), section('Recent Events', eventTable(state))];
}

function resourceTable({ AllocatedResources }: AllocWire, task: string, usage: AllocUsageWire | undefined): string {
  const { Cpu, Memory } = AllocatedResources?.Tasks?.[task] ?? {};
  const { ticks, memory } = used(usage?.Tasks?.[task]?.ResourceUsage);
  return formatColumns([
    ['CPU', 'Memory', 'Disk'],
    [
      `${ticks === undefined ? '' : `${Math.round(ticks)}/`}${Cpu?.CpuShares ?? 0} MHz`,
      `${memory === undefined ? '' : `${formatBytes(memory)}/`}${formatBytes((Memory?.MemoryMB ?? 0) * MIB)}`,
      formatBytes((AllocatedResources?.Shared?.DiskMB ?? 0) * MIB),
    ],
  ]);
}

/** The measured ones where the node says which those are. */
function statsText(stats: StatsWire | null | undefined, format: (value: number) => string): string {
  const measured = stats?.['Measured'];
  const names = Array.isArray(measured) ? (measured as readonly string[]) : Object.keys(stats ?? {});
  const shown = names.flatMap((name) => {
    const value = stats?.[name.replaceAll(' ', '')];
    return typeof value === 'number' ? [[name, format(value)] as const] : [];
  });
  return formatColumns([shown.map(([name]) => name), shown.map(([, value]) => value)]);
}

/** Newest first. */
const eventTable = ({ Events }: TaskStateWire): string =>
  formatColumns([
    ['Time', 'Type', 'Description'],
    ...(Events ?? [])
      .slice(-NEWEST_EVENTS)
      .toReversed()
      .map(({ Time, Type, DisplayMessage = '', Message = '' }) => [
        formatMoment(Time),
        Type,
        orNone(DisplayMessage === '' ? Message : DisplayMessage),
      ]),
  ]);

function placementText(metric: AllocMetricWire): string {
  const rows = (metric.ScoreMetaData ?? []).map(({ NodeID, Scores, NormScore }) => {
    const scores = Object.entries(Scores ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return [
      NodeID,
      scores.map(([name, score]) => `${name}=${score.toPrecision(3)}`).join(' '),
      NormScore.toPrecision(3),
    ];
  });
  const scores = rows.length === 0 ? [] : [formatColumns([['Node', 'Scores', 'Final Score'], ...rows])];
  return [placementReasons(metric), ...scores].join('\n');
}
