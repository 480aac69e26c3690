import { newAclId, prepareRole } from '@steppe/acl';
import type { AclRole } from '@steppe/domain';
import type { Indexed, StateReader, StateStore } from '@steppe/state';
import { ACL_POLICIES, ACL_ROLES } from '@steppe/state';
import { apiError } from '../http/api-error.js';

export function roleByName(reader: StateReader, name: string): AclRole | undefined {
  const [role] = reader.find(ACL_ROLES, 'name', name);
  return role;
}

/** Writes of roles. */
export class AclRoles {
  readonly #state: StateStore;

  constructor(state: StateStore) {
    this.#state = state;
  }

  /** Adds a role, or changes the one of its id. @throws ACL_REQUEST_INVALID, ACL_CONFLICT, and what a transaction throws */
  async upsert(input: AclRole): Promise<Indexed<AclRole>> {
    const { index, value: id } = await this.#state.transact((tx) => {
      const { role, isUnchanged } = prepareRole(input, {
        roleById: (roleId) => tx.get(ACL_ROLES, roleId),
        roleByName: (name) => roleByName(tx, name),
        hasPolicy: (name) => tx.get(ACL_POLICIES, name) !== undefined,
        newId: newAclId,
      });
      if (!isUnchanged) tx.put(ACL_ROLES, role);
      return role.id;
    });
    const value = this.#state.snapshot().get(ACL_ROLES, id);
    // Somebody was faster.
    if (value === undefined) throw apiError('ACL_ROLE_GONE');
    return { index, value };
  }

  /** @throws ACL_ROLE_GONE for an unknown one */
  delete(id: string): Promise<Indexed<void>> {
    return this.#state.transact((tx) => {
      if (!tx.delete(ACL_ROLES, id)) throw apiError('ACL_ROLE_GONE');
    });
  }
}
