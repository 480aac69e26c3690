import { formatGoDuration } from '@steppe/domain';
import type { StackProfile, TopFunction } from '@steppe/profiling';
import { profileDifference, topFunctions } from '@steppe/profiling';
import { formatBytes } from './bytes.js';
import { formatColumns } from './columns.js';

/** The first functions of a profile and their part of it, as `go tool pprof -top` shows them. */
export function profileTable(profile: StackProfile, count: number): string {
  const { type, unit, total, functions } = topFunctions(profile);
  const amount = (value: number): string => formatAmount(value, unit);
  const rows = functions
    .slice(0, count)
    .map((each) => [
      amount(each.flat),
      share(each.flat, total),
      amount(each.cumulative),
      share(each.cumulative, total),
      title(each),
    ]);
  const over = profile.durationMs === 0 ? '' : ` over ${formatAmount(profile.durationMs * 1e6, 'nanoseconds')}`;
  return `${type}: ${amount(total)}${over}, ${shownOf(rows.length, functions.length)}\n${columns(['Flat', 'Flat%', 'Cum', 'Cum%', 'Function'], rows)}`;
}

/**
 * The functions that grew or shrank most from one profile to another, and by which part of all there was before.
 * @throws PROFILE_FILE_INVALID when the two measure different things
 */
export function growthTable(before: StackProfile, after: StackProfile, count: number): string {
  const { type, unit, total, functions } = topFunctions(profileDifference(before, after));
  // As if the earlier one had taken as long: what the difference was made of.
  const base = topFunctions(after).total - total;
  const amount = (value: number): string => `${value < 0 ? '' : '+'}${formatAmount(value, unit)}`;
  const rows = functions
    .slice(0, count)
    .map((each) => [amount(each.flat), share(each.flat, base), amount(each.cumulative), title(each)]);
  return `${type}: ${formatAmount(base, unit)} and ${amount(total)}, ${shownOf(rows.length, functions.length)}\n${columns(['Growth', 'Growth%', 'Cum', 'Function'], rows)}`;
}

const shownOf = (shown: number, count: number): string => `${shown} of ${count} functions`;

const title = ({ functionName, file }: TopFunction): string => (file === '' ? functionName : `${functionName} ${file}`);

const columns = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  rows.length === 0 ? '' : `${formatColumns([head, ...rows])}\n`;

const share = (part: number, total: number): string =>
  total === 0 ? '-' : `${((100 * part) / Math.abs(total)).toFixed(1)}%`;

function formatAmount(value: number, unit: string): string {
  if (value < 0) return `-${formatAmount(-value, unit)}`;
  switch (unit) {
    case 'nanoseconds':
      // Finer than this nothing is measured.
      return formatGoDuration(BigInt(Math.round(value / 1e5)) * 100_000n);
    case 'bytes':
      return formatBytes(value);
    default:
      return `${value}`;
  }
}
