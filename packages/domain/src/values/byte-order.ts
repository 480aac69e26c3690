/**
 * Compares texts by their UTF-8 bytes, as Go sorts them, without encoding them. JavaScript's own order is the same but for
 * characters beyond the basic plane, whose halves sort below its last characters.
 */
export function compareBytes(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  for (let n = 0; n < end; n += 1) {
    const left = a.charCodeAt(n);
    const right = b.charCodeAt(n);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** Lifts surrogates above all other units. */
const rank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x2000 + 0x800 : unit);
