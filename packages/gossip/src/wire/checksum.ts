import { crc32 } from 'node:zlib';
import { MEMBERLIST_TYPE } from './memberlist-codec.js';

/** Type byte and CRC-32. */
export const CHECKSUM_BYTES = 5;

/** `bytes` behind their checksum. */
export function addChecksum(bytes: Uint8Array): Uint8Array {
  const wrapped = new Uint8Array(CHECKSUM_BYTES + bytes.length);
  wrapped[0] = MEMBERLIST_TYPE.checksum;
  new DataView(wrapped.buffer).setUint32(1, crc32(bytes));
  wrapped.set(bytes, CHECKSUM_BYTES);
  return wrapped;
}

/** Whether the checksum that starts at `start` is that of the bytes behind it. */
export function verifyChecksum(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < CHECKSUM_BYTES) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return view.getUint32(start + 1) === crc32(bytes.subarray(start + CHECKSUM_BYTES, end));
}
