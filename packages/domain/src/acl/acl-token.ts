import type { Secret } from '../values/secret.js';

/** A role as a token refers to it. */
export interface RoleLink {
  readonly id: string;
  /** Empty where only the id is known. */
  readonly name: string;
}

/** A credential. The accessor is public, the secret is what its holder presents. */
export interface AclToken {
  /** UUID, or the name of a pseudo-token (`anonymous`). */
  readonly accessorId: string;
  readonly secretId: Secret;
  readonly name: string;
  /** `client` or `management`; any text while it is not yet validated. */
  readonly type: string;
  readonly policies: readonly string[];
  readonly roles: readonly RoleLink[];
  /** Whether every region knows it. */
  readonly isGlobal: boolean;
  /** BLAKE2b-256 of the content, base64; empty for none. */
  readonly hash: string;
  /** Unix nanoseconds; {@link ZERO_TIME_NS} when unset. */
  readonly createTimeNs: bigint;
  /** Unix nanoseconds; the token is expired once this lies in the past. `undefined`: never. */
  readonly expirationTimeNs: bigint | undefined;
  /** Nanoseconds; 0 for none. */
  readonly expirationTtlNs: bigint;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

/** Exchanged once for the token of its accessor. */
export interface OneTimeToken {
  readonly oneTimeSecretId: Secret;
  readonly accessorId: string;
  /** Unix nanoseconds. */
  readonly expiresAtNs: bigint;
  readonly createIndex: number;
  readonly modifyIndex: number;
}
