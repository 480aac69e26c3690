import type { AclRole } from '../acl/acl-role.js';
import { encodeHash } from './acl-policy.js';
import { WireFields } from './wire-fields.js';

/** A role, in lists and alone. */
export function encodeAclRole(role: AclRole) {
  return {
    CreateIndex: role.createIndex,
    Description: role.description,
    Hash: encodeHash(role.hash),
    ID: role.id,
    ModifyIndex: role.modifyIndex,
    Name: role.name,
    Policies: role.policies.length === 0 ? null : role.policies.map((Name) => ({ Name })),
  };
}

/** Reads what {@link encodeAclRole} writes, or a request's body. @throws WIRE_INVALID */
export function decodeAclRole(value: unknown): AclRole {
  const fields = new WireFields('ACLRole', value);
  return {
    id: fields.text('ID'),
    name: fields.text('Name'),
    description: fields.text('Description'),
    policies: fields.list('Policies', (link, place) => new WireFields(place, link).text('Name')),
    hash: fields.text('Hash'),
    createIndex: fields.index('CreateIndex'),
    modifyIndex: fields.index('ModifyIndex'),
  };
}
