import { formatColumns } from '../format/columns.js';
import { formatMoment } from '../format/time.js';
import type { JobStubWire } from './job-wire.js';

/** A job's status, and whether its owner has stopped it. */
export const jobStatusText = ({ Status, Stop }: Pick<JobStubWire, 'Status' | 'Stop'>): string =>
  Stop ? `${Status} (stopped)` : Status;

export function jobTable(jobs: readonly JobStubWire[], { withNamespace }: { readonly withNamespace: boolean }): string {
  return formatColumns([
    ['ID', ...(withNamespace ? ['Namespace'] : []), 'Type', 'Priority', 'Status', 'Submit Date'],
    ...jobs.map((job) => [
      job.ID,
      ...(withNamespace ? [job.Namespace] : []),
      job.Type,
      `${job.Priority}`,
      jobStatusText(job),
      formatMoment(job.SubmitTime),
    ]),
  ]);
}
