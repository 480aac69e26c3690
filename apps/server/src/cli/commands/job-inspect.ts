import { encodeJson } from '@steppe/domain';
import type { FlagTable } from '@steppe/config';
import type { ApiClient } from '../api/api-client.js';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { explained } from './acl-input.js';
import type { FoundJob } from './job-lookup.js';
import { demandJobId, findJob } from './job-lookup.js';
import type { JobWire } from './job-wire.js';
import { formatted, OUTPUT_FLAGS } from './output-formats.js';

const FLAGS = {
  ...CLIENT_FLAGS,
  ...OUTPUT_FLAGS,
  version: { kind: 'int', usage: 'an older version of the job' },
  hcl: { kind: 'bool', usage: 'print the text that the job was registered from' },
} as const satisfies FlagTable;

export const jobInspect = defineCommand({
  flags: FLAGS,
  takes: '<job>',
  help: 'Prints a job as the API has it, such that it can be registered again.',
  run: async ({ flags, args, io }) => {
    if (flags.hcl === true && (flags.json === true || flags.t !== undefined)) {
      throw new UsageError('-hcl cannot be combined with -json or -t');
    }
    const client = clientOf({ flags, io });
    const found = await findJob(client, demandJobId(args));
    const job = await explained('Error inspecting job: ', () => jobOf(client, found, flags.version));
    if (flags.hcl === true) {
      const { Source } = (await explained('Error getting job source: ', () =>
        client.get(`${found.path}/submission`, { ...found.query, version: `${job.Version}` }),
      )) as { readonly Source: string };
      io.writeOut(Source.endsWith('\n') ? Source : `${Source}\n`);
      return 0;
    }
    io.writeOut(flags.t === undefined ? encodeJson({ Job: job }, { pretty: true }) : (formatted(flags, job) ?? ''));
    return 0;
  },
});

async function jobOf(client: ApiClient, { path, query }: FoundJob, version: number | undefined): Promise<JobWire> {
  if (version === undefined) return (await client.get(path, query)) as JobWire;
  const { Versions } = (await client.get(`${path}/versions`, query)) as { readonly Versions: readonly JobWire[] };
  const job = Versions.find(({ Version }) => Version === version);
  if (job !== undefined) return job;
  throw new Error(`version ${version} is not kept; there are ${Versions.map(({ Version }) => Version).join(', ')}`);
}
