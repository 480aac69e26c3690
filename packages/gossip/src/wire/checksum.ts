import { crc32 } from 'node:zlib';
import { MEMBERLIST_TYPE } from './memberlist-codec.js';

/** Type byte and CRC-32. */
export const CHECKSUM_BYTES = 5;

/** `bytes` behind their checksum. */
export function addChecksum(bytes: Uint8Array): Uint8Array {
  const wrapped = new Uint8Array(CHECKSUM_BYTES + bytes.length);
  wrapped.set(bytes, CHECKSUM_BYTES);
  writeChecksum(wrapped, 0, wrapped.length);
  return wrapped;
}

/** Writes the checksum of what stands behind it, up to `end`, to offset `at`. */
export function writeChecksum(target: Uint8Array, at: number, end: number): void {
  const sum = crc32(target.subarray(at + CHECKSUM_BYTES, end));
  target[at] = MEMBERLIST_TYPE.checksum;
  target[at + 1] = sum >>> 24;
  target[at + 2] = sum >>> 16;
  target[at + 3] = sum >>> 8;
  target[at + 4] = sum;
}

/** Whether the checksum that starts at `start` is that of the bytes behind it. */
export function verifyChecksum(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < CHECKSUM_BYTES) return false;
  const sum = crc32(bytes.subarray(start + CHECKSUM_BYTES, end));
  return (
    bytes[start + 1] === sum >>> 24 &&
    bytes[start + 2] === ((sum >>> 16) & 0xff) &&
    bytes[start + 3] === ((sum >>> 8) & 0xff) &&
    bytes[start + 4] === (sum & 0xff)
  );
}
