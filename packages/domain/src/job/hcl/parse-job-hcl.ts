import type { HclEntry } from '../../hcl/document.js';
import { syntaxError } from '../../hcl/document.js';
import { isJsonDocument, parseHcl } from '../../hcl/hcl-parser.js';
import { goQuote } from '../../values/go-text.js';
import type { Job } from '../job.js';
import { JOB_WIRE } from '../job.js';
import { readBlock } from './block-reader.js';
import { JOB_RULE } from './job-rules.js';

/** What may stand beside the job in the reference, with what to call it. */
const UNSUPPORTED_BESIDE: Readonly<Record<string, string>> = {
  variable: 'variables',
  variables: 'variables',
  locals: 'local values',
  vault: 'Vault settings',
};

/**
 * Reads a job from its HCL form: the blocks and keys of the part that is supported, as values without functions or variables;
 * `${…}` is kept for where the job runs. Not made canonical.
 * @throws HCL_SYNTAX with line and column for everything that is not known, not supported, or of another kind
 */
export function parseJobHcl(source: string): Job {
  if (isJsonDocument(source)) throw syntaxError({ line: 1, column: 1 }, 'expected a job block, got JSON');
  const { entries } = parseHcl(source);
  const jobs = entries.filter((entry) => isJob(entry));
  const [job, second] = jobs;
  if (job === undefined) throw syntaxError({ line: 1, column: 1 }, "'job' block not found");
  if (second !== undefined) throw syntaxError(second.at, "only one 'job' block allowed per file");
  const [id] = job.labels;
  if (id === undefined || job.labels.length > 1) throw syntaxError(job.at, "'job' block must have one label, its id");
  if (job.value.kind !== 'object') throw syntaxError(job.at, "'job' must be a block");
  const block = readBlock(job.value, JOB_RULE, `job ${goQuote(id)}`);
  return JOB_WIRE.decode({ ID: id, Name: id, ...block }, 'Job');
}

/** @throws HCL_SYNTAX for what should not be there */
function isJob({ key, at }: HclEntry): boolean {
  if (key === 'job') return true;
  const what = Object.hasOwn(UNSUPPORTED_BESIDE, key) ? UNSUPPORTED_BESIDE[key] : undefined;
  throw syntaxError(at, what === undefined ? `unknown key ${goQuote(key)}` : `${what} are not supported`);
}
