import type { TaskIdentity } from '@steppe/domain';
import { DEFAULT_IDENTITY } from '@steppe/domain';
import { SECRETS_FOLDER } from './alloc-folders.js';
import { TOKEN_VARIABLE } from './task-environment.js';

/** The variable that a token of the identity is in, where the task wants that. */
export const tokenVariable = ({ name }: TaskIdentity): string =>
  name === DEFAULT_IDENTITY ? TOKEN_VARIABLE : `${TOKEN_VARIABLE}_${name}`;

/** The file, in the task's folder, that a token of the identity is in, where the task wants that. */
export const tokenFile = ({ name, filepath }: TaskIdentity): string =>
  filepath || `${SECRETS_FOLDER}/${name === DEFAULT_IDENTITY ? 'nomad_token' : `nomad_${name}.jwt`}`;
