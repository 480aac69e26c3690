/** Whether `a` is what stands in `b` from `start` to before `end`. */
export function sameBytes(a: Uint8Array, b: Uint8Array, start = 0, end = b.length): boolean {
  if (a === b && start === 0 && end === b.length) return true;
  if (a.length !== end - start) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[start + i]) return false;
  return true;
}
