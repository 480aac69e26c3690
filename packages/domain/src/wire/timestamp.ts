/** Go's zero time, Unix milliseconds: how "never" is written. */
export const GO_ZERO_TIME_MS = -62_135_596_800_000;

/**
 * A moment as Go's `time.Time` marshals: RFC 3339, fraction of a second without trailing zeros.
 * @param unixMs - milliseconds; a fractional part carries microseconds and below
 */
export function encodeTimestamp(unixMs: number): string {
  const text = new Date(unixMs).toISOString();
  const micros = Math.floor((unixMs % 1_000) * 1_000);
  const fraction = `${micros}`.padStart(6, '0').replace(/0+$/, '');
  return `${text.slice(0, 19)}${fraction === '' ? '' : `.${fraction}`}Z`;
}
