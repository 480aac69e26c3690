import type { Secret } from '@steppe/domain';
import { KeyRing } from './key-ring.js';
import type { KeyringStore } from './keyring-store.js';

/**
 * The keyring an agent starts with: what is stored, else one of `encryptKey`, which is stored then.
 * @returns `undefined` when there is neither: encryption is off
 * @throws KEYRING_FILE_INVALID; RangeError for a key of a size that no cipher takes
 */
export function openKeyRing(encryptKey: Secret | undefined, store: KeyringStore): KeyRing | undefined {
  const stored = store.load();
  const keys = stored ?? (encryptKey === undefined ? [] : [encryptKey.reveal()]);
  if (keys.length === 0) return undefined;
  const ring = new KeyRing(
    keys.map((key) => Buffer.from(key, 'base64')),
    { store },
  );
  if (stored === undefined) store.save(ring.toBase64());
  return ring;
}
