import type { Commit, Table } from '@steppe/state';
import { ALLOCATIONS, EVALUATIONS, JOB_VERSIONS, JOBS, NODES, SCHEDULER_CONFIGURATION } from '@steppe/state';

/** All that schedulers look at. Credentials are in none of them. */
export const SCHEDULING_TABLES: readonly Table[] = [
  NODES,
  JOBS,
  JOB_VERSIONS,
  EVALUATIONS,
  ALLOCATIONS,
  SCHEDULER_CONFIGURATION,
];

const NAMES: ReadonlySet<string> = new Set(SCHEDULING_TABLES.map(({ name }) => name));

/** What schedulers look at of a commit: maybe nothing but that its index has been reached. */
export function schedulingCommit({ index, mutations }: Commit): Commit {
  return { index, mutations: mutations.filter(({ table }) => NAMES.has(table)) };
}
