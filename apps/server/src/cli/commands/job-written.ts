import type { FlagTable, FlagValues } from '@steppe/config';
import type { ApiClient } from '../api/api-client.js';
import type { CliIo } from '../cli-io.js';
import { EvalMonitor } from './eval-monitor.js';
import type { JobWrittenWire } from './job-wire.js';

/** Flags of commands that make an evaluation. */
export const MONITOR_FLAGS = {
  detach: { kind: 'bool', usage: 'do not wait for what comes of it' },
  verbose: { kind: 'bool', usage: 'show ids in full' },
} as const satisfies FlagTable;

interface Told {
  readonly flags: FlagValues<typeof MONITOR_FLAGS>;
  readonly io: CliIo;
  /** What is said of it when nobody waits. */
  readonly success: string;
  /** The job's, when it is not that of the request. */
  readonly namespace?: string | undefined;
}

/** Follows the evaluation of a change, or just names it. @returns the exit code */
export async function tellOfEvaluation(
  client: ApiClient,
  { EvalID }: Pick<JobWrittenWire, 'EvalID'>,
  { flags, io, success, namespace }: Told,
): Promise<number> {
  if (flags.detach === true || EvalID === '') {
    io.writeOut(`${success}\n${EvalID === '' ? '' : `Evaluation ID: ${EvalID}\n`}`);
    return 0;
  }
  return new EvalMonitor(client, io, { isVerbose: flags.verbose === true, namespace }).follow(EvalID);
}

/** Shows what the servers have to remark about a job. */
export function warn({ Warnings }: Pick<JobWrittenWire, 'Warnings'>, io: CliIo): void {
  if (Warnings !== '') io.writeError(`Job Warnings:\n${Warnings}\n\n`);
}
