import type { Secret } from '@steppe/domain';
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * What a secret is looked up by: SHA-256, hexadecimal. A table of digests can be searched without its timing telling how much of
 * a guess is right. UUIDs are the same in any case.
 */
export function secretDigest(secret: Secret): string {
  return createHash('sha256').update(secret.reveal().toLowerCase()).digest('hex');
}

/** Compares two digests in time that does not depend on them. */
export function isSameDigest(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** A fresh accessor or secret: sixteen bytes of the system's own chance in the form of a UUID, without version bits. */
export function newAclId(): string {
  const hex = randomBytes(16).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
