import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { CipherGCMTypes } from 'node:crypto';

/** 0 pads to 16 bytes (protocol 1 only), 1 does not. */
export type EncryptionVersion = 0 | 1;

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const BLOCK_BYTES = 16;
/** Version byte, nonce and tag. */
const FRAME_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

/** Most bytes that encryption adds. */
export const ENCRYPTION_OVERHEAD_BYTES: Readonly<Record<EncryptionVersion, number>> = {
  0: FRAME_BYTES + BLOCK_BYTES,
  1: FRAME_BYTES,
};

/** A fresh nonce: random, never used twice with a key. */
export const randomNonce = (): Uint8Array => randomBytes(NONCE_BYTES);

/** Length of the block that `plainBytes` become. */
export function encryptedLength(plainBytes: number, version: EncryptionVersion): number {
  return FRAME_BYTES + plainBytes + (version === 0 ? padBytes(plainBytes) : 0);
}

export interface EncryptInput {
  /** 16, 24 or 32 bytes. */
  readonly key: Uint8Array;
  /** Authenticated along with the block, not part of it. */
  readonly aad: Uint8Array;
  readonly version: EncryptionVersion;
  readonly nonce: Uint8Array;
}

/** AES-GCM: version byte, nonce, ciphertext, tag. */
export function encrypt(plain: Uint8Array, { key, aad, version, nonce }: EncryptInput): Uint8Array {
  const cipher = createCipheriv(algorithm(key), key, nonce);
  if (aad.length > 0) cipher.setAAD(aad);
  const block = new Uint8Array(encryptedLength(plain.length, version));
  block[0] = version;
  block.set(nonce, 1);
  let at = 1 + NONCE_BYTES;
  const put = (bytes: Uint8Array): void => {
    block.set(bytes, at);
    at += bytes.length;
  };
  put(cipher.update(plain));
  if (version === 0) {
    const pad = padBytes(plain.length);
    put(cipher.update(new Uint8Array(pad).fill(pad)));
  }
  put(cipher.final());
  put(cipher.getAuthTag());
  return block;
}

/**
 * Opens a block, trying the keys in order.
 * @returns `undefined` when no key fits, or what it is about is no encrypted block
 */
export function decrypt(block: Uint8Array, keys: readonly Uint8Array[], aad: Uint8Array): Uint8Array | undefined {
  const version = block[0];
  if (version !== 0 && version !== 1) return undefined;
  if (block.length < ENCRYPTION_OVERHEAD_BYTES[version]) return undefined;
  for (const key of keys) {
    const plain = open(block, key, aad);
    if (plain !== undefined) return version === 0 ? unpad(plain) : plain;
  }
  return undefined;
}

function open(block: Uint8Array, key: Uint8Array, aad: Uint8Array): Uint8Array | undefined {
  const end = block.length - TAG_BYTES;
  const decipher = createDecipheriv(algorithm(key), key, block.subarray(1, 1 + NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  if (aad.length > 0) decipher.setAAD(aad);
  decipher.setAuthTag(block.subarray(end));
  const plain = decipher.update(block.subarray(1 + NONCE_BYTES, end));
  try {
    decipher.final();
  } catch {
    return undefined; // the tag does not fit: another key, or forged
  }
  return new Uint8Array(plain.buffer, plain.byteOffset, plain.length);
}

function algorithm(key: Uint8Array): CipherGCMTypes {
  return `aes-${key.length * 8}-gcm` as CipherGCMTypes;
}

/** PKCS#7: always at least one byte. */
function padBytes(plainBytes: number): number {
  return BLOCK_BYTES - (plainBytes % BLOCK_BYTES);
}

function unpad(plain: Uint8Array): Uint8Array | undefined {
  const pad = plain[plain.length - 1] ?? 0;
  return pad >= 1 && pad <= BLOCK_BYTES && pad <= plain.length ? plain.subarray(0, plain.length - pad) : undefined;
}
