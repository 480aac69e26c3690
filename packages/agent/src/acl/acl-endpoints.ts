import type { ResolvedCaller, TokenResolver } from '@steppe/acl';
import { policiesOfWorkload } from '@steppe/acl';
import { encodeAclPolicy, encodeAclRole, encodeAclToken, Secret } from '@steppe/domain';
import type { RpcContribution, RpcEndpoint } from '@steppe/rpc';
import { rpcEndpoint } from '@steppe/rpc';
import type { StateStore } from '@steppe/state';
import { ACL_POLICIES, ACL_ROLES } from '@steppe/state';
import { apiError } from '../http/api-error.js';
import { AclGetPolicies, AclGetRoles, AclWhoAmI, AclWorkload } from './acl-methods.js';
import { ownPolicyNames, ownRoleIds } from './own-rights.js';

/** Most names in one question; far above what a token has. */
const MAX_NAMES = 1_024;

/** What client agents ask about the secrets that are presented to them. Any server answers, from its copy of the state. */
export class AclEndpoints implements RpcContribution {
  readonly endpoints: readonly RpcEndpoint[];

  constructor({ resolver, state }: { readonly resolver: TokenResolver; readonly state: StateStore }) {
    const callerOf = async (secretId: string): Promise<ResolvedCaller> =>
      resolver.resolve(secretId === '' ? undefined : new Secret(secretId));
    this.endpoints = [
      rpcEndpoint(AclWhoAmI, async ({ secretId }) => {
        const { token } = await callerOf(secretId);
        // Whoever asks has the secret already.
        return { token: token === undefined ? null : encodeAclToken({ ...token, secretId: new Secret('') }) };
      }),
      rpcEndpoint(AclWorkload, async ({ secretId }) => {
        const { workload } = await callerOf(secretId);
        if (workload === undefined) throw apiError('PERMISSION_DENIED');
        const policies = policiesOfWorkload(workload, state.snapshot().rows(ACL_POLICIES));
        return { workload, policies: policies.map((policy) => encodeAclPolicy(policy)) };
      }),
      rpcEndpoint(AclGetPolicies, async ({ secretId, names }) => {
        const caller = await callerOf(secretId);
        const snapshot = state.snapshot();
        demandAll(caller, names, ownPolicyNames(caller, snapshot));
        const policies = names.map((name) => snapshot.get(ACL_POLICIES, name)).filter((policy) => policy !== undefined);
        return { policies: policies.map((policy) => encodeAclPolicy(policy)) };
      }),
      rpcEndpoint(AclGetRoles, async ({ secretId, ids }) => {
        const caller = await callerOf(secretId);
        demandAll(caller, ids, ownRoleIds(caller));
        const snapshot = state.snapshot();
        return {
          roles: ids
            .map((id) => snapshot.get(ACL_ROLES, id))
            .filter((role) => role !== undefined)
            .map(encodeAclRole),
        };
      }),
    ];
  }
}

/** @throws PERMISSION_DENIED unless they are all the caller's own */
function demandAll({ acl }: ResolvedCaller, asked: readonly string[], own: ReadonlySet<string>): void {
  const isAllowed = asked.length <= MAX_NAMES && (acl.isManagement() || asked.every((name) => own.has(name)));
  if (!isAllowed) throw apiError('PERMISSION_DENIED');
}
