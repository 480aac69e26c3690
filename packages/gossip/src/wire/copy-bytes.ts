/** Up to here a copying loop is faster than `set`. */
const SHORT_BYTES = 48;

/** Copies `bytes` into `target` from offset `at` on. @returns the offset after them */
export function copyTo(target: Uint8Array, at: number, bytes: Uint8Array): number {
  const { length } = bytes;
  if (length > SHORT_BYTES) target.set(bytes, at);
  else for (let i = 0; i < length; i += 1) target[at + i] = bytes[i] as number;
  return at + length;
}
