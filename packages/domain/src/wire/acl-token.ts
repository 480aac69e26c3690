import type { AclToken, OneTimeToken, RoleLink } from '../acl/acl-token.js';
import { errorMessage } from '../errors/steppe-error.js';
import { formatGoDuration, parseGoDuration } from '../values/go-duration.js';
import { formatRfc3339, parseRfc3339, ZERO_TIME_NS } from '../values/rfc3339.js';
import { Secret } from '../values/secret.js';
import { encodeHash } from './acl-policy.js';
import { WireFields, wireInvalid } from './wire-fields.js';

/** One row of `GET /v1/acl/tokens`: no secret. */
export function encodeAclTokenStub(token: AclToken) {
  return {
    AccessorID: token.accessorId,
    CreateIndex: token.createIndex,
    CreateTime: formatRfc3339(token.createTimeNs),
    ExpirationTime: token.expirationTimeNs === undefined ? null : formatRfc3339(token.expirationTimeNs),
    Global: token.isGlobal,
    Hash: encodeHash(token.hash),
    ModifyIndex: token.modifyIndex,
    Name: token.name,
    Policies: token.policies.length === 0 ? null : token.policies,
    Roles: token.roles.length === 0 ? null : token.roles.map(({ id, name }) => ({ ID: id, Name: name })),
    Type: token.type,
  };
}

/** A whole token, **its secret included**: for its holder, for management, and for the state that keeps it. */
export function encodeAclToken(token: AclToken) {
  return {
    ...encodeAclTokenStub(token),
    ExpirationTTL: token.expirationTtlNs === 0n ? '' : formatGoDuration(token.expirationTtlNs),
    SecretID: token.secretId.reveal(),
  };
}

/** Reads what {@link encodeAclToken} writes, or a request's body. @throws WIRE_INVALID */
export function decodeAclToken(value: unknown): AclToken {
  const fields = new WireFields('ACLToken', value);
  return {
    accessorId: fields.text('AccessorID'),
    secretId: new Secret(fields.text('SecretID')),
    name: fields.text('Name'),
    type: fields.text('Type'),
    policies: fields.texts('Policies'),
    roles: fields.list('Roles', decodeRoleLink),
    isGlobal: fields.flag('Global'),
    hash: fields.text('Hash'),
    createTimeNs: decodeTime(fields, 'CreateTime') ?? ZERO_TIME_NS,
    expirationTimeNs: decodeTime(fields, 'ExpirationTime'),
    expirationTtlNs: decodeDuration(fields, 'ExpirationTTL'),
    createIndex: fields.index('CreateIndex'),
    modifyIndex: fields.index('ModifyIndex'),
  };
}

export function encodeOneTimeToken(token: OneTimeToken) {
  return {
    AccessorID: token.accessorId,
    CreateIndex: token.createIndex,
    ExpiresAt: formatRfc3339(token.expiresAtNs),
    ModifyIndex: token.modifyIndex,
    OneTimeSecretID: token.oneTimeSecretId.reveal(),
  };
}

/** Reads what {@link encodeOneTimeToken} writes. @throws WIRE_INVALID */
export function decodeOneTimeToken(value: unknown): OneTimeToken {
  const fields = new WireFields('OneTimeToken', value);
  return {
    oneTimeSecretId: new Secret(fields.text('OneTimeSecretID')),
    accessorId: fields.text('AccessorID'),
    expiresAtNs: decodeTime(fields, 'ExpiresAt') ?? ZERO_TIME_NS,
    createIndex: fields.index('CreateIndex'),
    modifyIndex: fields.index('ModifyIndex'),
  };
}

function decodeRoleLink(value: unknown, place: string): RoleLink {
  const fields = new WireFields(place, value);
  return { id: fields.text('ID'), name: fields.text('Name') };
}

function decodeTime(fields: WireFields, name: string): bigint | undefined {
  const text = fields.text(name);
  if (text === '') return undefined;
  return orInvalid(name, () => parseRfc3339(text));
}

/** A duration in words, or a number of nanoseconds. */
function decodeDuration(fields: WireFields, name: string): bigint {
  const value = fields.value(name);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw wireInvalid(`${name}: ${value} is no number of nanoseconds`, name);
    return BigInt(value);
  }
  const text = fields.text(name);
  return text === '' ? 0n : orInvalid(name, () => parseGoDuration(text));
}

function orInvalid<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw wireInvalid(errorMessage(error), name);
  }
}
