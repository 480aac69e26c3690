import { errorMessage, isJsonDocument, JOB_WIRE, parseJobHcl } from '@steppe/domain';
import type { CliIo } from '../cli-io.js';
import { UsageError } from '../command.js';
import { readText } from './acl-input.js';

/** A job as the API takes it. */
type JobBody = Readonly<Record<string, unknown>> & { readonly ID: string };

/** A job as somebody wrote it down. */
export interface JobSource {
  readonly path: string;
  readonly job: JobBody;
  /** The text itself, which servers keep with the job. */
  readonly submission: {
    readonly Source: string;
    readonly Format: 'hcl2' | 'json';
    readonly VariableFlags: Readonly<Record<string, string>>;
    readonly Variables: string;
  };
}

/** Flags of commands that take a file with a job. */
export const JOB_FILE_FLAGS = {
  json: { kind: 'bool', usage: 'the file is JSON, whatever it looks like' },
} as const;

/**
 * Reads a job from the file that the only argument names, or for `-` from standard input: JSON as the API has it, or HCL.
 * @throws an `Error` naming the file and what is wrong with it
 */
export async function readJob(args: readonly string[], isJson: boolean, io: CliIo): Promise<JobSource> {
  const [path] = args;
  if (path === undefined || args.length > 1) throw new UsageError('This command takes one argument: <path>');
  const text = await readText(path, io);
  try {
    const format = isJson || isJsonDocument(text) ? 'json' : 'hcl2';
    const job = format === 'json' ? jobOfJson(text) : (JOB_WIRE.encode(parseJobHcl(text)) as JobBody);
    return { path, job, submission: { Source: text, Format: format, VariableFlags: {}, Variables: '' } };
  } catch (error) {
    throw new Error(`Error getting job struct: Error parsing job file from ${path}: ${errorMessage(error)}`, {
      cause: error,
    });
  }
}

/** The job itself, or in the field `Job`, as `job run -output` and `job inspect` print it. */
function jobOfJson(text: string): JobBody {
  const value = JSON.parse(text) as unknown;
  const job = isObject(value) && 'Job' in value ? value['Job'] : value;
  if (!isObject(job)) throw new Error('expected an object with a job');
  const { ID } = job;
  if (typeof ID !== 'string' || ID === '') throw new Error('the job has no ID');
  return { ...job, ID };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
