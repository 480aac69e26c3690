import type { AclRole, AclToken, RoleLink } from '@steppe/domain';
import { formatGoDuration, isUuid, Secret, ZERO_TIME_NS } from '@steppe/domain';
import { requestInvalid } from '../errors.js';
import { hashToken } from './content-hash.js';
import { isTooLong, problemList } from './problems.js';

/** How long tokens may live; both ends included. */
export interface TokenLimits {
  /** `acl.token_min_expiration_ttl`, nanoseconds. */
  readonly minTtlNs: bigint;
  /** `acl.token_max_expiration_ttl`, nanoseconds. */
  readonly maxTtlNs: bigint;
}

/** What is stored, as far as writing a token has to know. */
export interface TokenContext {
  /** The token of the accessor that is written. */
  readonly existing: AclToken | undefined;
  findRole(link: RoleLink): AclRole | undefined;
  /** Whether a token, a node or the like has this secret already. */
  isSecretTaken(secret: Secret): boolean;
  /** Unix nanoseconds. */
  readonly nowNs: bigint;
  /** A fresh UUID. */
  newId(): string;
}

export interface PreparedToken {
  readonly action: 'create' | 'update' | 'upload';
  readonly token: AclToken;
}

/** Whether a token's time is over. @param nowNs - Unix nanoseconds */
export function isExpired({ expirationTimeNs }: AclToken, nowNs: bigint): boolean {
  return expirationTimeNs !== undefined && expirationTimeNs < nowNs;
}

/**
 * A token ready to be stored. Without an accessor it is new; with a known one it changes; with an unknown one, and a secret, it is
 * taken over as it is, unless it were management.
 * @throws ACL_REQUEST_INVALID
 */
export function prepareToken(input: AclToken, limits: TokenLimits, context: TokenContext): PreparedToken {
  const { action, token } = completed(input, context);
  const problems = [...contentProblems(token), ...timeProblems(input, token, limits, context.existing)];
  if (problems.length > 0) throw requestInvalid(`token 0 invalid: ${problemList(problems)}`);
  const roles = resolveRoles(token.roles, context);
  return { action, token: { ...token, roles, hash: hashToken({ ...token, roles }) } };
}

function completed(input: AclToken, context: TokenContext): PreparedToken {
  const { existing, nowNs } = context;
  if (input.accessorId === '') {
    const ids = { accessorId: context.newId(), secretId: new Secret(context.newId()) };
    return { action: 'create', token: withExpiry({ ...input, ...ids, createTimeNs: nowNs }) };
  }
  if (existing !== undefined) {
    const { accessorId, secretId, createTimeNs, createIndex } = existing;
    // Differs from Nomad: an update without an expiry keeps the stored one instead of clearing it.
    const keeps = input.expirationTimeNs === undefined && input.expirationTtlNs === 0n;
    const expirationTimeNs = keeps ? existing.expirationTimeNs : withExpiry(input).expirationTimeNs;
    return {
      action: 'update',
      token: { ...input, accessorId, secretId, createTimeNs, createIndex, modifyIndex: 0, expirationTimeNs },
    };
  }
  const isUpload = isUuid(input.accessorId) && isUuid(input.secretId.reveal()) && input.type !== 'management';
  if (!isUpload) throw requestInvalid(`cannot find token ${input.accessorId}`);
  // Differs from Nomad: there the secret would belong to two tokens, of which the later one wins.
  if (context.isSecretTaken(input.secretId)) throw requestInvalid('token secret is already in use');
  const createTimeNs = input.createTimeNs === ZERO_TIME_NS ? nowNs : input.createTimeNs;
  return { action: 'upload', token: withExpiry({ ...input, createTimeNs }) };
}

/** A TTL counts from the creation, unless the moment itself is given. */
function withExpiry(token: AclToken): AclToken {
  const { expirationTimeNs, expirationTtlNs, createTimeNs } = token;
  const isGiven = expirationTimeNs !== undefined || expirationTtlNs === 0n;
  const fresh = { createIndex: 0, modifyIndex: 0 };
  return { ...token, ...fresh, expirationTimeNs: isGiven ? expirationTimeNs : createTimeNs + expirationTtlNs };
}

function contentProblems({ name, type, policies, roles }: AclToken): readonly string[] {
  const problems: string[] = [];
  const hasRights = policies.length > 0 || roles.length > 0;
  if (isTooLong(name)) problems.push('token name too long');
  if (type === 'client') {
    if (!hasRights) problems.push('client token missing policies or roles');
  } else if (type === 'management') {
    if (hasRights) problems.push('management token cannot be associated with policies or roles');
  } else problems.push('token type must be client or management');
  return problems;
}

function timeProblems(
  input: AclToken,
  token: AclToken,
  limits: TokenLimits,
  existing: AclToken | undefined,
): readonly string[] {
  const problems: string[] = [];
  if (existing !== undefined && input.accessorId !== '') {
    if (token.isGlobal !== existing.isGlobal) problems.push('cannot toggle global mode');
    if (token.expirationTtlNs !== existing.expirationTtlNs) problems.push('cannot update expiration TTL');
    else if (token.expirationTimeNs !== existing.expirationTimeNs) problems.push('cannot update expiration time');
    return problems;
  }
  if (token.expirationTtlNs < 0n)
    problems.push(`token expiration TTL '${formatGoDuration(token.expirationTtlNs)}' should not be negative`);
  if (token.expirationTimeNs === undefined) return problems;
  const lifetime = token.expirationTimeNs - token.createTimeNs;
  if (lifetime < 0n) problems.push('expiration time cannot be before create time');
  const bound = (what: string, limit: bigint): string =>
    `expiration time cannot be ${what} than ${formatGoDuration(limit)} in the future (was ${formatGoDuration(lifetime)})`;
  if (lifetime > limits.maxTtlNs) problems.push(bound('more', limits.maxTtlNs));
  if (lifetime < limits.minTtlNs) problems.push(bound('less', limits.minTtlNs));
  return problems;
}

/** Links by id or name as links by id, each role once. */
function resolveRoles(links: readonly RoleLink[], context: TokenContext): readonly RoleLink[] {
  const roles = new Map<string, RoleLink>();
  for (const link of links) {
    const role = context.findRole(link);
    if (role === undefined) throw requestInvalid(`cannot find role ${link.id === '' ? link.name : link.id}`);
    if (!roles.has(role.id)) roles.set(role.id, { id: role.id, name: role.name });
  }
  return [...roles.values()];
}
