import type { DomainErrorDetail } from '../errors/errors.js';
import { SteppeError } from '../errors/steppe-error.js';
import { goQuote } from './go-text.js';

const FORM = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)$/;
const NS_PER_MS = 1_000_000n;

/** Go's zero time, 0001-01-01T00:00:00Z, in Unix nanoseconds: what an unset moment is on the wire. */
export const ZERO_TIME_NS = -62_135_596_800_000_000_000n;

/**
 * Parses a moment such as `2026-02-03T18:00:00.123456789Z`, with any offset.
 * @returns Unix nanoseconds
 * @throws TIME_INVALID
 */
export function parseRfc3339(text: string): bigint {
  const match = FORM.exec(text);
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '', fraction = '', zone = ''] =
    match ?? [];
  const seconds = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const ms = match === null ? Number.NaN : Date.parse(`${seconds}Z`);
  // Date turns 30 February into 2 March.
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(seconds)) throw invalid(text);
  return BigInt(ms) * NS_PER_MS + BigInt(fraction.padEnd(9, '0')) - BigInt(offsetMs(zone, text)) * NS_PER_MS;
}

/** Prints Unix nanoseconds in UTC as Go does: without trailing zeros of the fraction. */
export function formatRfc3339(nanoseconds: bigint): string {
  const perSecond = 1_000_000_000n;
  const rest = ((nanoseconds % perSecond) + perSecond) % perSecond;
  const text = new Date(Number((nanoseconds - rest) / NS_PER_MS)).toISOString().slice(0, 19);
  const fraction = rest.toString().padStart(9, '0').replace(/0+$/, '');
  return `${text}${fraction === '' ? '' : `.${fraction}`}Z`;
}

function offsetMs(zone: string, text: string): number {
  if (zone === 'Z') return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(4))];
  if (hours > 23 || minutes > 59) throw invalid(text);
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

const invalid = (text: string): SteppeError<DomainErrorDetail> =>
  new SteppeError({ code: 'TIME_INVALID', text }, `parsing time ${goQuote(text.slice(0, 64))}: not in RFC 3339 form`);
