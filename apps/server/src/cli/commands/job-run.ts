import { encodeJson } from '@steppe/domain';
import type { FlagTable } from '@steppe/config';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { explained } from './acl-input.js';
import { JOB_FILE_FLAGS, readJob } from './job-input.js';
import { MONITOR_FLAGS, tellOfEvaluation, warn } from './job-written.js';
import type { JobWrittenWire } from './job-wire.js';

const FLAGS = {
  ...CLIENT_FLAGS,
  ...MONITOR_FLAGS,
  ...JOB_FILE_FLAGS,
  'check-index': { kind: 'int', usage: 'only if the job has this modify index; 0: only if there is none of its name' },
  output: { kind: 'bool', usage: 'print the job as JSON and register nothing' },
  'eval-priority': { kind: 'int', usage: 'priority of the evaluation; default the job’s' },
  'preserve-counts': { kind: 'bool', usage: 'keep the counts that the groups have now' },
} as const satisfies FlagTable;

export const jobRun = defineCommand({
  flags: FLAGS,
  takes: '<file, or ->',
  help: 'Registers a job from a file, JSON or HCL, or changes it, and tells what comes of it. Exit code 2: not all could be placed.',
  run: async ({ flags, args, io }) => {
    const { job, submission } = await readJob(args, flags.json === true, io);
    if (flags.output === true) {
      io.writeOut(encodeJson({ Job: job }, { pretty: true }));
      return 0;
    }
    const index = flags['check-index'];
    if (index !== undefined && index < 0) throw new UsageError(`-check-index must not be below 0, got ${index}`);
    const client = clientOf({ flags, io });
    const written = (await explained('Error submitting job: ', () =>
      client.put(
        '/v1/jobs',
        {},
        {
          Job: job,
          Submission: submission,
          ...(index === undefined ? {} : { EnforceIndex: true, JobModifyIndex: index }),
          PreserveCounts: flags['preserve-counts'] === true,
          EvalPriority: flags['eval-priority'] ?? 0,
        },
      ),
    )) as JobWrittenWire;
    warn(written, io);
    const namespace = typeof job['Namespace'] === 'string' ? job['Namespace'] : '';
    return tellOfEvaluation(client, written, { flags, io, namespace, success: 'Job registration successful' });
  },
});
