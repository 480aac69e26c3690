import type { SteppeError } from '@steppe/domain';

/** Error codes of this package. The message of each is the text clients match on. */
export type AclErrorDetail =
  /** The presented secret is a well-formed UUID that belongs to no token. Message: `ACL token not found`. */
  | { readonly code: 'ACL_TOKEN_NOT_FOUND' }
  /** The token was valid once. Message: `ACL token expired`. */
  | { readonly code: 'ACL_TOKEN_EXPIRED' }
  /** The presented secret is neither a UUID nor a valid signed token. Message starts `failed to parse signed token: `. */
  | { readonly code: 'ACL_TOKEN_MALFORMED' };

export type AclError = SteppeError<AclErrorDetail>;
