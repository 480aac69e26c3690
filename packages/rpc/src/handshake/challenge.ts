import type { Secret } from '@steppe/domain';
import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** Bytes of a nonce, of a derived key and of a proof. */
export const NONCE_BYTES = 32;
/** Keys a side proves or tries: a ring has one or two, more while a rotation is stuck. */
export const MAX_KEYS = 16;

type Side = 'dialler' | 'listener';

/**
 * What both proofs of a handshake are about: the two hellos, byte for byte, with nonces, roles, regions, ids and direction.
 * Nothing recorded from another handshake has the same one.
 */
export function transcriptOf(dialler: Buffer, listener: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(dialler.length);
  return createHash('sha256').update('steppe-rpc hello 1').update(length).update(dialler).update(listener).digest();
}

/** One side's proof that it holds a key; the side is in it, so that a proof cannot be sent back to its maker. */
export function prove(key: Secret, side: Side, transcript: Buffer): Buffer {
  // The gossip key encrypts packets: what is shown here is made with another one.
  const derived = hkdfSync('sha256', Buffer.from(key.reveal(), 'base64'), '', 'steppe-rpc challenge 1', NONCE_BYTES);
  return createHmac('sha256', Buffer.from(derived)).update(side).update(transcript).digest();
}

/** The key of ours with which one of the proofs was made. Every pair is compared, in constant time. */
export function provenKey(
  keys: readonly Secret[],
  side: Side,
  transcript: Buffer,
  proofs: readonly Buffer[],
): Secret | undefined {
  let proven: Secret | undefined;
  for (const key of keys.slice(0, MAX_KEYS)) {
    const expected = prove(key, side, transcript);
    const matches = proofs.filter((proof) => proof.length === expected.length && timingSafeEqual(proof, expected));
    if (matches.length > 0) proven ??= key;
  }
  return proven;
}
