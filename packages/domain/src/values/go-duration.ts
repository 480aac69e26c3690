import { SteppeError } from '../errors/steppe-error.js';
import type { DomainErrorDetail } from '../errors/errors.js';
import { goQuote } from './go-text.js';

const NS_PER_UNIT: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const MAX_INT64 = (1n << 63n) - 1n;

const invalid = (text: string, reason: string): SteppeError<DomainErrorDetail> =>
  new SteppeError({ code: 'DURATION_INVALID', text }, `time: ${reason}`);

/**
 * Parses a duration as Go's `time.ParseDuration` does: signed decimal numbers with units, such as `1.5h` or `-2m3s`.
 * @returns nanoseconds within int64
 * @throws DURATION_INVALID with Go's own wording
 */
export function parseGoDuration(text: string): bigint {
  const negative = text.startsWith('-');
  let rest = negative || text.startsWith('+') ? text.slice(1) : text;
  if (rest === '0') return 0n;
  if (rest === '') throw invalid(text, `invalid duration ${goQuote(text)}`);

  let total = 0n;
  while (rest !== '') {
    const number = /^(\d*)(?:\.(\d*))?/.exec(rest);
    const whole = number?.[1] ?? '';
    const fraction = number?.[2] ?? '';
    if (whole === '' && fraction === '') throw invalid(text, `invalid duration ${goQuote(text)}`);
    rest = rest.slice(number?.[0].length ?? 0);
    const unit = /^[^\d.]*/.exec(rest)?.[0] ?? '';
    if (unit === '') throw invalid(text, `missing unit in duration ${goQuote(text)}`);
    const nanoseconds = Object.hasOwn(NS_PER_UNIT, unit) ? NS_PER_UNIT[unit] : undefined;
    if (nanoseconds === undefined) {
      throw invalid(text, `unknown unit ${goQuote(unit)} in duration ${goQuote(text)}`);
    }
    rest = rest.slice(unit.length);
    total += BigInt(whole || '0') * nanoseconds;
    // Eighteen digits are more than any unit can resolve; the cut keeps a hostile fraction cheap.
    const digits = fraction.slice(0, 18);
    if (digits !== '') total += (BigInt(digits) * nanoseconds) / 10n ** BigInt(digits.length);
    if (total > MAX_INT64 + (negative ? 1n : 0n)) throw invalid(text, `invalid duration ${goQuote(text)}`);
  }
  return negative ? -total : total;
}

const trimFraction = (value: bigint, divisor: bigint, digits: number): string => {
  const fraction = (value % divisor).toString().padStart(digits, '0').replace(/0+$/, '');
  return fraction === '' ? `${value / divisor}` : `${value / divisor}.${fraction}`;
};

/** Prints nanoseconds as Go's `Duration.String` does: `1m30s`, `1.503ms`, `72h0m0s`, `0s`. */
export function formatGoDuration(nanoseconds: bigint): string {
  if (nanoseconds < 0n) return `-${formatGoDuration(-nanoseconds)}`;
  if (nanoseconds === 0n) return '0s';
  if (nanoseconds < 1_000n) return `${nanoseconds}ns`;
  if (nanoseconds < 1_000_000n) return `${trimFraction(nanoseconds, 1_000n, 3)}µs`;
  if (nanoseconds < 1_000_000_000n) return `${trimFraction(nanoseconds, 1_000_000n, 6)}ms`;
  const minutes = nanoseconds / 60_000_000_000n;
  const seconds = `${trimFraction(nanoseconds % 60_000_000_000n, 1_000_000_000n, 9)}s`;
  if (minutes === 0n) return seconds;
  return minutes < 60n ? `${minutes}m${seconds}` : `${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

/** Nanoseconds as whole milliseconds, rounded up so that a positive duration never becomes "no wait". */
export function nanosecondsToMs(nanoseconds: bigint): number {
  return Number((nanoseconds + (nanoseconds > 0n ? 999_999n : 0n)) / 1_000_000n);
}

/** Milliseconds, also those since 1970, as nanoseconds without rounding off what the number holds. */
export function msToNanoseconds(ms: number): bigint {
  const whole = Math.floor(ms);
  return BigInt(whole) * 1_000_000n + BigInt(Math.round((ms - whole) * 1_000_000));
}
