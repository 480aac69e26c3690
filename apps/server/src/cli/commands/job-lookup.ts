import { errorMessage, goQuote } from '@steppe/domain';
import type { ApiClient } from '../api/api-client.js';
import { UsageError } from '../command.js';
import { jobTable } from './job-table.js';
import type { JobStubWire } from './job-wire.js';

/** A job by its full id, and how to ask for it. */
export interface FoundJob {
  readonly id: string;
  /** `/v1/job/<id>`. */
  readonly path: string;
  /** Names its namespace: the prefix may have matched in another than that of the flags. */
  readonly query: { readonly namespace: string };
  /** Whether the user named it in full. */
  readonly isExact: boolean;
}

/** The id or prefix that a command takes and nothing else. @throws UsageError */
export function demandJobId(args: readonly string[]): string {
  const [id] = args;
  if (id === undefined || args.length > 1) throw new UsageError('This command takes one argument: <job>');
  return id;
}

/** The job that an id or prefix of one names. @throws an `Error` saying why there is none */
export async function findJob(client: ApiClient, id: string): Promise<FoundJob> {
  const jobs = (await client.get('/v1/jobs', { prefix: id, per_page: '20' }).catch((error: unknown) => {
    throw new Error(`Error querying job prefix ${goQuote(id)}: ${errorMessage(error)}`, { cause: error });
  })) as readonly JobStubWire[];
  const exact = jobs.filter(({ ID }) => ID === id);
  const found = exact.length > 0 ? exact : jobs;
  const [job] = found;
  if (job === undefined) throw new Error(`No job(s) with prefix or ID ${goQuote(id)} found`);
  if (found.length > 1) {
    throw new Error(`Prefix matched multiple jobs\n\n${jobTable(found, { withNamespace: true })}`);
  }
  return {
    id: job.ID,
    path: `/v1/job/${encodeURIComponent(job.ID)}`,
    query: { namespace: job.Namespace },
    isExact: job.ID === id,
  };
}
