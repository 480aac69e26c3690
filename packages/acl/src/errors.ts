import type { Position } from '@steppe/domain';
import { SteppeError } from '@steppe/domain';

/** Error codes of this package. The message of each is the text clients match on. */
export type AclErrorDetail =
  /** The caller may not, or nobody knows who the caller is. Message: `Permission denied`. */
  | { readonly code: 'ACL_PERMISSION_DENIED' }
  /** The presented secret is a well-formed UUID that belongs to no token. Message: `ACL token not found`. */
  | { readonly code: 'ACL_TOKEN_NOT_FOUND' }
  /** The token was valid once. Message: `ACL token expired`. */
  | { readonly code: 'ACL_TOKEN_EXPIRED' }
  /** The presented secret is neither a UUID nor a valid signed token. Message: the verifier's. */
  | { readonly code: 'ACL_TOKEN_MALFORMED' }
  /** A stored policy that a token needs cannot be read. Message: `failed to parse "<name>": …`. */
  | { readonly code: 'ACL_POLICY_UNREADABLE'; readonly policy: string }
  /** No server could be asked. The one failure in which a client agent goes by what it knew before. */
  | { readonly code: 'ACL_SERVERS_UNREACHABLE' }
  /** A policy text is not the language, or its rules are not valid; the message is what the API shows. */
  | { readonly code: 'ACL_POLICY_INVALID'; readonly at: Position | undefined }
  /** A token, policy or role cannot be written as it is; the message is what the API shows. */
  | { readonly code: 'ACL_REQUEST_INVALID' }
  /** A write would break what is stored; the message is what the API shows. */
  | { readonly code: 'ACL_CONFLICT' }
  /** A check given as data has an unknown name or wrong arguments. */
  | { readonly code: 'ACL_CHECK_INVALID' };

export type AclError = SteppeError<AclErrorDetail>;

const failure = (detail: AclErrorDetail, message: string, cause?: unknown): AclError =>
  new SteppeError(detail, message, cause === undefined ? undefined : { cause });

export const permissionDenied = (): AclError => failure({ code: 'ACL_PERMISSION_DENIED' }, 'Permission denied');

export const tokenNotFound = (): AclError => failure({ code: 'ACL_TOKEN_NOT_FOUND' }, 'ACL token not found');

export const tokenExpired = (): AclError => failure({ code: 'ACL_TOKEN_EXPIRED' }, 'ACL token expired');

/** @param reason - the verifier's own text, without the token */
export const tokenMalformed = (reason: string): AclError =>
  failure({ code: 'ACL_TOKEN_MALFORMED' }, `failed to parse signed token: ${reason}`);

/** @param message - what is wrong with a token that is signed */
export const signedTokenInvalid = (message: string): AclError => failure({ code: 'ACL_TOKEN_MALFORMED' }, message);

export const policyUnreadable = (policy: string, cause: Error): AclError =>
  failure(
    { code: 'ACL_POLICY_UNREADABLE', policy },
    `failed to parse ${JSON.stringify(policy)}: ${cause.message}`,
    cause,
  );

/** What a remote port rejects with when no server answered, or none leads. @param cause - the transport's error */
export const serversUnreachable = (message: string, cause?: unknown): AclError =>
  failure({ code: 'ACL_SERVERS_UNREACHABLE' }, message, cause);

/** @param at - the rule or the character that is to blame, where one is */
export const policyInvalid = (message: string, at?: Position): AclError =>
  failure({ code: 'ACL_POLICY_INVALID', at }, message);

export const requestInvalid = (message: string): AclError => failure({ code: 'ACL_REQUEST_INVALID' }, message);

export const conflict = (message: string): AclError => failure({ code: 'ACL_CONFLICT' }, message);

export const checkInvalid = (message: string): AclError => failure({ code: 'ACL_CHECK_INVALID' }, message);
