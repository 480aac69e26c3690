import { GO_ZERO_TIME_MS } from '@steppe/domain';

const NS_PER_MS = 1e6;
const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['mo', 30 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
];

/** A moment of the API, Unix nanoseconds or RFC 3339, in Unix milliseconds; `undefined` for never. */
export function momentMs(moment: number | string | null | undefined): number | undefined {
  if (moment === null || moment === undefined || moment === 0 || moment === '') return undefined;
  const ms = typeof moment === 'number' ? moment / NS_PER_MS : Date.parse(moment);
  return Number.isNaN(ms) || ms <= GO_ZERO_TIME_MS ? undefined : ms;
}

/** A moment to the second, in UTC; `N/A` for never. */
export function formatMoment(moment: number | string | null | undefined): string {
  const ms = momentMs(moment);
  return ms === undefined ? 'N/A' : new Date(ms).toISOString().replace(/\.\d+/, '');
}

/** How long ago something was, in its two greatest units: `1h4m ago`. */
export function formatAge(moment: number | string | null | undefined, nowMs: number): string {
  const ms = momentMs(moment);
  return ms === undefined ? '' : `${formatSpan(nowMs - ms)} ago`;
}

/** A duration in its two greatest units: `2d3h`, `12s`, `0s`. */
export function formatSpan(ms: number): string {
  let rest = Math.max(0, ms);
  const first = UNITS.findIndex(([, size]) => rest >= size);
  if (first === -1) return '0s';
  let text = '';
  for (const [name, size] of UNITS.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${name}`;
    rest -= count * size;
  }
  return text;
}
