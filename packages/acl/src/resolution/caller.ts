import type { AclToken } from '@steppe/domain';
import { Secret, ZERO_TIME_NS } from '@steppe/domain';
import type { Acl } from '../decision/acl.js';
import { DISABLED_ACL } from '../decision/special-acls.js';
import type { WorkloadIdentity } from './workload-identity.js';

/** Who presented a secret, and what that caller may do: as of the moment it was resolved. */
export interface ResolvedCaller {
  readonly acl: Acl;
  /** Stored or pseudo-token; `undefined` for a node or a task. Shared: never edit it. */
  readonly token: AclToken | undefined;
  /** Of a node that presented its own secret. */
  readonly nodeId: string | undefined;
  /** Of a running task that presented its signed token. */
  readonly workload: WorkloadIdentity | undefined;
  /** Public id: a UUID, `anonymous`, `leader` or `acls-disabled`; empty for a node or a task. */
  readonly accessorId: string;
  readonly name: string;
  /** Unix milliseconds after which the secret is no longer good; `undefined`: never. */
  readonly expiresAtMs: number | undefined;
}

const pseudoToken = (accessorId: string, name: string, type: string, policies: readonly string[]): AclToken => ({
  accessorId,
  secretId: new Secret(''),
  name,
  type,
  policies,
  roles: [],
  isGlobal: false,
  hash: '',
  createTimeNs: ZERO_TIME_NS,
  expirationTimeNs: undefined,
  expirationTtlNs: 0n,
  createIndex: 0,
  modifyIndex: 0,
});

/** Whose rights are those of the policy named `anonymous`. */
export const ANONYMOUS_TOKEN = pseudoToken('anonymous', 'Anonymous Token', 'client', ['anonymous']);
/** The leader's own, for its calls to other regions. */
export const LEADER_TOKEN = pseudoToken('leader', 'Leader Token', 'management', []);
/** Everybody's while ACLs are off. */
export const ACLS_DISABLED_TOKEN = pseudoToken('acls-disabled', 'ACLs disabled token', 'client', []);

const NOBODY: Omit<ResolvedCaller, 'acl'> = {
  token: undefined,
  nodeId: undefined,
  workload: undefined,
  accessorId: '',
  name: '',
  expiresAtMs: undefined,
};

export function callerOfToken(token: AclToken, acl: Acl): ResolvedCaller {
  const { accessorId, name, expirationTimeNs } = token;
  const expiresAtMs = expirationTimeNs === undefined ? undefined : Number(expirationTimeNs) / 1e6;
  return { ...NOBODY, acl, token, accessorId, name, expiresAtMs };
}

export function callerOfNode(nodeId: string, acl: Acl): ResolvedCaller {
  return { ...NOBODY, acl, nodeId };
}

export function callerOfWorkload(workload: WorkloadIdentity, acl: Acl): ResolvedCaller {
  return { ...NOBODY, acl, workload };
}

export const DISABLED_CALLER: ResolvedCaller = callerOfToken(ACLS_DISABLED_TOKEN, DISABLED_ACL);

/** How a caller is named in logs: `token:<accessor>`, `alloc:<id>` or `client:<node>`, never by the secret. */
export function callerLabel({ token, nodeId, workload, accessorId }: ResolvedCaller): string {
  if (workload !== undefined) return `alloc:${workload.allocationId}`;
  return token === undefined ? `client:${nodeId ?? ''}` : `token:${accessorId}`;
}
