import type { FlagTable } from '@steppe/config';
import { CLIENT_FLAGS, clientOf, defineCommand } from '../command.js';
import { explained } from './acl-input.js';
import { JOB_FILE_FLAGS, readJob } from './job-input.js';

const FLAGS = { ...CLIENT_FLAGS, ...JOB_FILE_FLAGS } as const satisfies FlagTable;

interface ValidationWire {
  readonly ValidationErrors: readonly string[] | null;
  readonly Error: string;
  readonly Warnings: string;
}

export const jobValidate = defineCommand({
  flags: FLAGS,
  takes: '<file, or ->',
  help: 'Says what is wrong with a job, as far as file and servers can tell.',
  run: async ({ flags, args, io }) => {
    const { job } = await readJob(args, flags.json === true, io);
    const reply = (await explained('Error validating job: ', () =>
      clientOf({ flags, io }).put('/v1/validate/job', {}, { Job: job }),
    )) as ValidationWire;
    const problems = reply.ValidationErrors ?? (reply.Error === '' ? [] : [reply.Error]);
    if (problems.length > 0) {
      io.writeError(`Job validation errors:\n${problems.map((problem) => `  * ${problem}\n`).join('')}`);
      return 1;
    }
    if (reply.Warnings !== '') io.writeOut(`Job Warnings:\n${reply.Warnings}\n\n`);
    io.writeOut('Job validation successful\n');
    return 0;
  },
});
