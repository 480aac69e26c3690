import type { AclRole } from '@steppe/domain';
import { conflict, requestInvalid } from '../errors.js';
import { hashRole } from './content-hash.js';
import { isTooLong, OBJECT_NAME, problemList } from './problems.js';

/** What is stored, as far as writing a role has to know. */
export interface RoleContext {
  roleById(id: string): AclRole | undefined;
  roleByName(name: string): AclRole | undefined;
  hasPolicy(name: string): boolean;
  /** A fresh UUID. */
  newId(): string;
}

export interface PreparedRole {
  readonly role: AclRole;
  /** The role already is what was asked for: nothing has to be written. */
  readonly isUnchanged: boolean;
}

/** Everything that is wrong with a role as it is to be written. */
export function roleProblems({ name, description, policies }: AclRole): readonly string[] {
  const problems: string[] = [];
  if (!OBJECT_NAME.test(name)) problems.push(`invalid name '${name}'`);
  if (isTooLong(description)) problems.push('description longer than 256');
  if (policies.length === 0) problems.push('at least one policy should be specified');
  return problems;
}

/**
 * A role ready to be stored: new without an id, changed with one.
 * @throws ACL_REQUEST_INVALID; ACL_CONFLICT for a new name that another role has
 */
export function prepareRole(input: AclRole, context: RoleContext): PreparedRole {
  const problems = roleProblems(input);
  if (problems.length > 0) throw requestInvalid(`role 0 invalid: ${problemList(problems)}`);
  const existing = input.id === '' ? undefined : context.roleById(input.id);
  if (input.id !== '' && existing === undefined) throw requestInvalid(`cannot find role ${input.id}`);
  const namesake = context.roleByName(input.name);
  if (namesake !== undefined && namesake.id !== input.id) {
    if (existing === undefined) throw requestInvalid(`role with name ${input.name} already exists`);
    throw conflict(`ACL role with name ${input.name} already exists`);
  }
  const policies = [...new Set(input.policies)];
  const missing = policies.find((name) => !context.hasPolicy(name));
  if (missing !== undefined) throw requestInvalid(`cannot find policy ${missing}`);
  const hash = hashRole({ ...input, policies });
  if (existing !== undefined && existing.hash === hash) return { role: existing, isUnchanged: true };
  const id = existing?.id ?? context.newId();
  const role = { ...input, id, policies, hash, createIndex: existing?.createIndex ?? 0, modifyIndex: 0 };
  return { role, isUnchanged: false };
}
