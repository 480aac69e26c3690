import { diffJobs, encodeJson, errorMessage, JOB_WIRE } from '@steppe/domain';
import type { FlagTable } from '@steppe/config';
import { CLIENT_FLAGS, clientOf, defineCommand } from '../command.js';
import { formatKeyValues } from '../format/columns.js';
import { formatMoment } from '../format/time.js';
import { explained } from './acl-input.js';
import { formatJobDiff } from './job-diff.js';
import { demandJobId, findJob } from './job-lookup.js';
import type { JobWire } from './job-wire.js';
import { formatted, OUTPUT_FLAGS } from './output-formats.js';

const FLAGS = {
  ...CLIENT_FLAGS,
  ...OUTPUT_FLAGS,
  p: { kind: 'bool', usage: 'show how each version differs from the one before it' },
  full: { kind: 'bool', usage: 'print each version in full' },
  version: { kind: 'int', usage: 'only this version' },
} as const satisfies FlagTable;

export const jobHistory = defineCommand({
  flags: FLAGS,
  takes: '<job>',
  help: 'Shows the versions of a job that are kept, the newest first.',
  run: async ({ flags, args, io }) => {
    const client = clientOf({ flags, io });
    const { path, query } = await findJob(client, demandJobId(args));
    const { Versions } = (await explained('Error retrieving job versions: ', () =>
      client.get(`${path}/versions`, query),
    )) as { readonly Versions: readonly JobWire[] };
    const chosen = Versions.filter(({ Version }) => flags.version === undefined || Version === flags.version);
    if (chosen.length === 0) throw new Error(`Job version ${flags.version} not found`);
    const other = formatted(flags, chosen);
    if (other !== undefined) {
      io.writeOut(other);
      return 0;
    }
    const texts = chosen.map((job) => {
      const before = Versions[Versions.indexOf(job) + 1];
      const parts = [versionBasics(job)];
      if (flags.full === true) parts.push(encodeJson({ Job: job }, { pretty: true }).trimEnd());
      if (flags.p === true && before !== undefined) parts.push(`Diff = \n${difference(before, job)}`);
      return parts.join('\n');
    });
    io.writeOut(`${texts.join('\n\n')}\n`);
    return 0;
  },
});

const versionBasics = ({ Version, Stable, SubmitTime }: JobWire): string =>
  formatKeyValues([
    ['Version', `${Version}`],
    ['Stable', `${Stable}`],
    ['Submit Date', formatMoment(SubmitTime)],
  ]);

/** Worked out here: agents do not send it. A version with what we do not know cannot be compared. */
function difference(before: JobWire, after: JobWire): string {
  try {
    return formatJobDiff(diffJobs(JOB_WIRE.decode(before, 'Job'), JOB_WIRE.decode(after, 'Job')));
  } catch (error) {
    return errorMessage(error);
  }
}
