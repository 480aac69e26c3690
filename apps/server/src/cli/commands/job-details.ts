import { formatColumns, formatKeyValues } from '../format/columns.js';
import { section } from '../format/section.js';
import { formatMoment } from '../format/time.js';
import { allocTable } from './alloc-table.js';
import type { AllocStubWire } from './alloc-wire.js';
import { jobEvalTable } from './eval-table.js';
import type { EvalWire, FailedGroupsWire } from './eval-wire.js';
import { jobStatusText } from './job-table.js';
import type { JobSummaryWire, JobWire } from './job-wire.js';
import { placementFailures } from './placement-failure.js';

/** A job with what belongs to it. */
interface JobParts {
  readonly summary: JobSummaryWire;
  readonly allocs: readonly AllocStubWire[];
  readonly evals: readonly EvalWire[];
}

interface Shown {
  readonly isVerbose: boolean;
  readonly withEvals: boolean;
  readonly nowMs: number;
}

/** The job itself, field by field. */
export const jobBasics = (job: JobWire): string =>
  formatKeyValues([
    ['ID', job.ID],
    ['Name', job.Name],
    ['Submit Date', formatMoment(job.SubmitTime)],
    ['Type', job.Type],
    ['Priority', `${job.Priority}`],
    ['Datacenters', (job.Datacenters ?? []).join(',')],
    ['Namespace', job.Namespace],
    ['Node Pool', job.NodePool],
    ['Version', `${job.Version}`],
    ['Status', jobStatusText(job)],
  ]);

/** How a job is doing, in sections. */
export function jobDetails({ summary, allocs, evals }: JobParts, { isVerbose, withEvals, nowMs }: Shown): string {
  const newestFirst = evals.toSorted((a, b) => (b.CreateIndex ?? 0) - (a.CreateIndex ?? 0));
  const failed = stillFailing(newestFirst);
  return [
    section('Summary', summaryTable(summary)),
    ...(withEvals || isVerbose ? [section('Evaluations', jobEvalTable(newestFirst, { isVerbose }))] : []),
    ...(failed === undefined ? [] : [section('Placement Failure', placementFailures(failed))]),
    section('Allocations', allocTable(allocs, { isVerbose, nowMs })),
  ].join('\n\n');
}

/** What could not be placed and still waits for room. */
function stillFailing(newestFirst: readonly EvalWire[]): FailedGroupsWire | undefined {
  const isWaiting = newestFirst.some(({ Status }) => Status === 'blocked');
  if (!isWaiting) return undefined;
  return (
    newestFirst.find(({ FailedTGAllocs }) => Object.keys(FailedTGAllocs ?? {}).length > 0)?.FailedTGAllocs ?? undefined
  );
}

const summaryTable = ({ Summary }: JobSummaryWire): string =>
  formatColumns([
    ['Task Group', 'Queued', 'Starting', 'Running', 'Failed', 'Complete', 'Lost', 'Unknown'],
    ...Object.entries(Summary ?? {})
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { Queued, Starting, Running, Failed, Complete, Lost, Unknown }]) => [
        name,
        ...[Queued, Starting, Running, Failed, Complete, Lost, Unknown].map(String),
      ]),
  ]);
