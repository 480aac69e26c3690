import type { Position } from '@steppe/domain';
import { SteppeError } from '@steppe/domain';

/** Error codes of this package. The message of each is the text clients match on. */
export type AclErrorDetail =
  /** The presented secret is a well-formed UUID that belongs to no token. Message: `ACL token not found`. */
  | { readonly code: 'ACL_TOKEN_NOT_FOUND' }
  /** The token was valid once. Message: `ACL token expired`. */
  | { readonly code: 'ACL_TOKEN_EXPIRED' }
  /** The presented secret is neither a UUID nor a valid signed token. Message starts `failed to parse signed token: `. */
  | { readonly code: 'ACL_TOKEN_MALFORMED' }
  /** A policy text is not the language, or its rules are not valid; the message is what the API shows. */
  | { readonly code: 'ACL_POLICY_INVALID'; readonly at: Position | undefined }
  /** A check given as data has an unknown name or wrong arguments. */
  | { readonly code: 'ACL_CHECK_INVALID' };

export type AclError = SteppeError<AclErrorDetail>;

/** @param at - the rule or the character that is to blame, where one is */
export function policyInvalid(message: string, at?: Position): AclError {
  return new SteppeError<AclErrorDetail>({ code: 'ACL_POLICY_INVALID', at }, message);
}

export function checkInvalid(message: string): AclError {
  return new SteppeError<AclErrorDetail>({ code: 'ACL_CHECK_INVALID' }, message);
}
