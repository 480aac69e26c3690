import type { WireOf } from '../wire/wire-schema.js';
import { text, textMap, wireSchema } from '../wire/wire-schema.js';

/** What the owner of a job has written it down as. Servers keep it as it is, and do not read it. */
export const JOB_SUBMISSION_WIRE = wireSchema({
  source: text('Source'),
  /** `hcl2`, `hcl1` or `json`. */
  format: text('Format'),
  variableFlags: textMap('VariableFlags'),
  variables: text('Variables'),
});
export type JobSubmission = WireOf<typeof JOB_SUBMISSION_WIRE>;
