import { blake2b } from '@noble/hashes/blake2.js';
import type { AclPolicy, AclRole, AclToken } from '@steppe/domain';

/** BLAKE2b-256 over the parts, one after the other without separators. */
function blake2b256(parts: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.from(blake2b(Buffer.concat(parts.map((part) => Buffer.from(part as string))), { dkLen: 32 }));
}

const hashOf = (parts: readonly string[]): string => blake2b256(parts).toString('base64');

// Nomad: regions compare these hashes when they replicate, so every byte counts.

/** The `Hash` of a policy, base64. */
export function hashPolicy({ name, description, rules, jobAcl }: Omit<AclPolicy, 'hash'>): string {
  const job = jobAcl === undefined ? [] : [jobAcl.namespace, jobAcl.jobId, jobAcl.group, jobAcl.task];
  return hashOf([name, description, rules, ...job]);
}

/** The `Hash` of a token, base64. */
export function hashToken({ name, type, policies, isGlobal, roles }: Omit<AclToken, 'hash'>): string {
  return hashOf([name, type, ...policies, isGlobal ? 'global' : 'local', ...roles.map(({ id }) => id)]);
}

/** The `Hash` of a role, base64. */
export function hashRole({ name, description, policies }: Omit<AclRole, 'hash'>): string {
  return hashOf([name, description, ...policies]);
}

/** Names a set of policies in the state they are in: their names and versions, in the order given. */
export function policySetKey(policies: readonly AclPolicy[]): string {
  const parts = policies.flatMap(({ name, modifyIndex }) => {
    const version = Buffer.alloc(8);
    version.writeBigUInt64BE(BigInt(modifyIndex));
    return [name, version];
  });
  return blake2b256(parts).toString('hex');
}
