import type { AclPolicy, AclRole, AclToken } from '@steppe/domain';
import {
  decodeAclPolicy,
  decodeAclRole,
  decodeAclToken,
  encodeAclPolicy,
  encodeAclRole,
  encodeAclToken,
  secretDigest,
} from '@steppe/domain';
import { defineTable, orderedNumber } from '../table/table.js';
import { UNINDEXED, wireCodec } from '../table/wire-codec.js';

/** By name. */
export const ACL_POLICIES = defineTable<AclPolicy>({
  name: 'acl_policies',
  key: ({ name }) => name,
  codec: wireCodec((row) => encodeAclPolicy({ ...row, ...UNINDEXED }), decodeAclPolicy),
});

/** By accessor, with their secrets: the API shows them to management. */
export const ACL_TOKENS = defineTable<AclToken>({
  name: 'acl_tokens',
  key: ({ accessorId }) => accessorId,
  codec: wireCodec((row) => encodeAclToken({ ...row, ...UNINDEXED }), decodeAclToken),
  indexes: {
    secret: { values: ({ secretId }) => secretDigest(secretId), unique: true },
    created: { values: ({ createIndex }) => orderedNumber(createIndex) },
    expiring: { values: ({ expirationTimeNs }) => (expirationTimeNs === undefined ? undefined : 'true') },
  },
});

/** By id. */
export const ACL_ROLES = defineTable<AclRole>({
  name: 'acl_roles',
  key: ({ id }) => id,
  codec: wireCodec((row) => encodeAclRole({ ...row, ...UNINDEXED }), decodeAclRole),
  indexes: { name: { values: ({ name }) => name, unique: true } },
});

/** What is kept of a one-time token: its secret is only ever told to whoever asked for it. */
export interface OneTimeTokenRow {
  readonly accessorId: string;
  /** See {@link secretDigest}. */
  readonly digest: string;
  /** Unix milliseconds. */
  readonly expiresAtMs: number;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

/** By accessor: of each there is at most one. */
export const ONE_TIME_TOKENS = defineTable<OneTimeTokenRow>({
  name: 'one_time_tokens',
  key: ({ accessorId }) => accessorId,
  indexes: { secret: { values: ({ digest }) => digest, unique: true } },
});

/** That the first management token was made; its index is what a reset has to name. */
export interface AclBootstrap {
  readonly accessorId: string;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

/** One row at most, by {@link ACL_BOOTSTRAP_KEY}. */
export const ACL_BOOTSTRAP = defineTable<AclBootstrap>({ name: 'acl_bootstrap', key: () => ACL_BOOTSTRAP_KEY });
export const ACL_BOOTSTRAP_KEY = 'bootstrap';
