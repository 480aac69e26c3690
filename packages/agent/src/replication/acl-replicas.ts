import type { AclToken } from '@steppe/domain';
import { decodeAclPolicy, decodeAclRole, decodeAclToken } from '@steppe/domain';
import { ACL_POLICIES, ACL_ROLES, ACL_TOKENS } from '@steppe/state';
import type { Replica } from './replica.js';
import { TableReplica } from './replica.js';

const hashOf = ({ hash }: { readonly hash: string }): string => hash;
/** Tokens and roles keep names that grant nothing then. */
const isUsed = (): boolean => false;
const isShared = (): boolean => true;

/** What tokens may do is one everywhere. */
export const ACL_REPLICAS: readonly Replica[] = [
  new TableReplica({
    what: 'policies',
    table: ACL_POLICIES,
    listPath: '/v1/acl/policies',
    decode: decodeAclPolicy,
    fetchPath: (name) => `/v1/acl/policy/${encodeURIComponent(name)}`,
    hashOf,
    isShared,
    isUsed,
  }),
  new TableReplica({
    what: 'roles',
    table: ACL_ROLES,
    listPath: '/v1/acl/roles',
    decode: decodeAclRole,
    fetchPath: (id) => `/v1/acl/role/${encodeURIComponent(id)}`,
    hashOf,
    isShared,
    isUsed,
  }),
  new TableReplica({
    what: 'tokens',
    table: ACL_TOKENS,
    listPath: '/v1/acl/tokens',
    decode: decodeAclToken,
    fetchPath: (accessor) => `/v1/acl/token/${encodeURIComponent(accessor)}`,
    hashOf,
    // A region's own tokens are nobody else's affair.
    isShared: ({ isGlobal }: AclToken) => isGlobal,
    isUsed,
  }),
];
