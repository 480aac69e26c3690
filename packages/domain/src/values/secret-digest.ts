import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from './secret.js';

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
