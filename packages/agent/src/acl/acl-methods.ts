import type { WorkloadIdentity } from '@steppe/acl';
import { defineRpcMethod } from '@steppe/rpc';

/** Servers, too, may have a client role that asks. */
const callers = ['server', 'client'] as const;

/** What a secret is asked about; empty for the anonymous caller. */
interface OfSecret {
  readonly secretId: string;
}

/** Who holds a secret: a token as the API shows it, without its secret; `null` for a node. */
export const AclWhoAmI = defineRpcMethod<OfSecret, { readonly token: unknown }>('ACL.WhoAmI', { callers });
/** Which task holds a signed token, and the policies that are attached to it. */
export const AclWorkload = defineRpcMethod<
  OfSecret,
  { readonly workload: WorkloadIdentity; readonly policies: readonly unknown[] }
>('ACL.Workload', { callers });
/** Those of these policies that exist, for somebody who has them. */
export const AclGetPolicies = defineRpcMethod<
  OfSecret & { readonly names: readonly string[] },
  { readonly policies: readonly unknown[] }
>('ACL.GetPolicies', { callers });
/** Those of these roles that exist, for somebody who has them. */
export const AclGetRoles = defineRpcMethod<
  OfSecret & { readonly ids: readonly string[] },
  { readonly roles: readonly unknown[] }
>('ACL.GetRolesByID', { callers });
