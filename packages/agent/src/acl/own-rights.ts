import type { ResolvedCaller } from '@steppe/acl';
import type { StateReader } from '@steppe/state';
import { ACL_ROLES } from '@steppe/state';

/** Ids of the roles that a caller's token names. */
export const ownRoleIds = ({ token }: ResolvedCaller): ReadonlySet<string> => new Set(token?.roles.map(({ id }) => id));

/** Names of the policies that a caller has: its token's own, and those of its roles. */
export function ownPolicyNames(caller: ResolvedCaller, reader: StateReader): ReadonlySet<string> {
  const ofRoles = Array.from(ownRoleIds(caller), (id) => reader.get(ACL_ROLES, id)?.policies ?? []);
  return new Set([...(caller.token?.policies ?? []), ...ofRoles.flat()]);
}
