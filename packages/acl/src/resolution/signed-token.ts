import type { AclError } from '../errors.js';
import { tokenMalformed } from '../errors.js';

/** The answer to a secret that is neither a UUID nor looks like a signed token. */
export const notAToken = (): AclError => tokenMalformed('not a UUID and not a signed token');
