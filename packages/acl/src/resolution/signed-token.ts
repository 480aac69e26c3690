import type { AclError } from '../errors.js';
import { tokenMalformed } from '../errors.js';

/** The verifier's answer to a secret that is no UUID; workload and node identities are not issued, so none is valid. */
export const notAToken = (): AclError => tokenMalformed('not a UUID and not a signed token');
