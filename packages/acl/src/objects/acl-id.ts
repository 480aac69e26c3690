import { randomBytes } from 'node:crypto';

/** A fresh accessor or secret: sixteen bytes of the system's own chance in the form of a UUID, without version bits. */
export function newAclId(): string {
  const hex = randomBytes(16).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
