import type { JobDiff } from '@steppe/domain';
import type { FlagTable } from '@steppe/config';
import { CLIENT_FLAGS, clientOf, defineCommand } from '../command.js';
import { momentMs } from '../format/time.js';
import { explained } from './acl-input.js';
import type { EvalWire, FailedGroupsWire } from './eval-wire.js';
import { formatJobDiff } from './job-diff.js';
import { JOB_FILE_FLAGS, readJob } from './job-input.js';
import { warn } from './job-written.js';
import { placementFailures } from './placement-failure.js';

const FLAGS = {
  ...CLIENT_FLAGS,
  ...JOB_FILE_FLAGS,
  diff: { kind: 'bool', usage: 'show how the job differs from what is registered; default true' },
  verbose: { kind: 'bool', usage: 'show every group’s changes by kind' },
} as const satisfies FlagTable;

type UpdatesWire = Readonly<Record<string, number>>;

interface PlanWire {
  readonly Annotations: { readonly DesiredTGUpdates: Readonly<Record<string, UpdatesWire>> | null } | null;
  readonly FailedTGAllocs: FailedGroupsWire | null;
  readonly CreatedEvals: readonly EvalWire[] | null;
  readonly Diff: JobDiff | null;
  readonly JobModifyIndex: number;
  readonly Warnings: string;
}

/** Exit codes, as scripts know them. */
const UNCHANGED = 0;
const CHANGED = 1;
const FAILED = 255;
/** Kinds of updates that start or end allocations. */
const CHANGING = ['Stop', 'Place', 'Migrate', 'DestructiveUpdate', 'Canary'];

export const jobPlan = defineCommand({
  flags: FLAGS,
  takes: '<file, or ->',
  help: 'Shows what registering a job would lead to. Exit codes: 0 no allocation starts or ends, 1 some do, 255 an error.',
  failure: FAILED,
  run: async ({ flags, args, io }) => {
    const { path, job } = await readJob(args, flags.json === true, io);
    const withDiff = flags.diff !== false;
    const plan = (await explained('Error during plan: ', () =>
      clientOf({ flags, io }).put(`/v1/job/${encodeURIComponent(job.ID)}/plan`, {}, { Job: job, Diff: withDiff }),
    )) as PlanWire;
    const updates = plan.Annotations?.DesiredTGUpdates ?? {};
    if (withDiff && plan.Diff !== null) io.writeOut(`${formatJobDiff(plan.Diff)}\n\n`);
    if (flags.verbose === true) io.writeOut(`Changes:\n${updateLines(updates)}\n`);
    io.writeOut(`Scheduler dry-run:\n${outcome(plan)}\n\n`);
    warn(plan, io);
    io.writeOut(
      `Job Modify Index: ${plan.JobModifyIndex}\n` +
        `To submit the job with version verification run:\n\nsteppe job run -check-index ${plan.JobModifyIndex} ${path}\n\n` +
        'With -check-index the job is only registered if it has not been changed since this plan.\n',
    );
    const isChanging = Object.values(updates).some((kinds) => CHANGING.some((kind) => (kinds[kind] ?? 0) > 0));
    return isChanging ? CHANGED : UNCHANGED;
  },
});

function outcome({ FailedTGAllocs, CreatedEvals }: PlanWire): string {
  const failed = FailedTGAllocs ?? {};
  const lines =
    Object.keys(failed).length === 0
      ? ['- All tasks successfully allocated.']
      : [`- WARNING: Failed to place all allocations.\n${placementFailures(failed)}`];
  const later = (CreatedEvals ?? []).filter(({ WaitUntil }) => momentMs(WaitUntil) !== undefined);
  lines.push(...later.map(({ WaitUntil }) => `- A follow-up evaluation is due at ${WaitUntil}.`));
  return lines.join('\n');
}

const updateLines = (updates: Readonly<Record<string, UpdatesWire>>): string =>
  Object.entries(updates)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, kinds]) => {
      const counted = Object.entries(kinds).filter(([, count]) => count > 0);
      return `- ${group}: ${counted.length === 0 ? 'nothing' : counted.map(([kind, count]) => `${count} ${kind}`).join(', ')}\n`;
    })
    .join('');
