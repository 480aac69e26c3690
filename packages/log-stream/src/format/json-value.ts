import { errorMessage } from '@steppe/domain';
import { types } from 'node:util';
import { isLogDuration } from '../record/log-duration.js';
import { RenderedValue } from './rendered-value.js';

/**
 * A field's value in a JSON line: durations are integer nanoseconds, errors their message, bytes base64, integers of any
 * size unquoted, NaN and the infinities strings. Object keys are sorted. Whatever has a `toJSON` (secrets, dates) decides itself.
 * @throws a TypeError for what JSON has no form for: a function, a symbol, an object that contains itself
 */
export function encodeJsonValue(value: unknown, ancestors: readonly object[] = []): string {
  switch (typeof value) {
    case 'string':
      return quoteJson(value);
    case 'number':
      return Number.isFinite(value) ? JSON.stringify(value) : `"${nonFiniteText(value)}"`;
    case 'bigint':
    case 'boolean':
      return `${value}`;
    case 'undefined':
      return 'null';
    case 'object':
      return value === null ? 'null' : encodeObject(value, ancestors);
    default:
      throw new TypeError(`a ${typeof value} does not serialize`);
  }
}

/** The names of the numbers that are none, as Go prints them. */
export function nonFiniteText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}

/** Whether a value prints as its message; errors of another realm included. */
export const isError = (value: unknown): boolean => types.isNativeError(value) || value instanceof Error;

/** The object that stands for `value` when it has a say in that (`toJSON`); else `value`. */
export function representative(value: object): unknown {
  return 'toJSON' in value && typeof value.toJSON === 'function' ? (value.toJSON as () => unknown)() : value;
}

function encodeObject(value: object, ancestors: readonly object[]): string {
  if (value instanceof RenderedValue) return value.json();
  if (isLogDuration(value)) return `${value.nanoseconds}`;
  if (isError(value)) return quoteJson(errorMessage(value));
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('base64')}"`;
  if (ancestors.includes(value)) throw new TypeError('an object contains itself');
  const inside = [...ancestors, value];
  const shown = representative(value);
  if (shown !== value) return encodeJsonValue(shown, inside);
  if (Array.isArray(value)) return `[${value.map((item) => encodeJsonValue(item, inside)).join(',')}]`;
  if (value instanceof Set) return encodeJsonValue([...value], inside);
  const members = new Map(
    value instanceof Map ? [...value].map(([key, member]) => [String(key), member]) : Object.entries(value),
  );
  return `{${sortBytewise([...members.keys()])
    .map((key) => `${quoteJson(key)}:${encodeJsonValue(members.get(key), inside)}`)
    .join(',')}}`;
}

const TO_ESCAPE = /[<>&\u2028\u2029]/g;
const LONE_SURROGATE = /\p{Cs}/u;
/** Printable ASCII without what is escaped: nearly everything that is logged. */
const AS_IT_IS = /^[ !#-%'-;=?-[\]-~]*$/;

/** A JSON string as Go writes it: safe inside HTML, broken text replaced. */
export function quoteJson(text: string): string {
  if (AS_IT_IS.test(text)) return `"${text}"`;
  if (LONE_SURROGATE.test(text)) {
    return `"${text
      .split(LONE_SURROGATE)
      .map((part) => quoteJson(part).slice(1, -1))
      .join('\\ufffd')}"`;
  }
  return JSON.stringify(text).replace(
    TO_ESCAPE,
    (char) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}

const BEYOND_ORDER = /[\ud800-\uffff]/;

/** Sorts keys by their UTF-8 bytes, in place. JavaScript's own order differs only beside surrogates. */
export function sortBytewise(keys: string[]): string[] {
  if (!keys.some((key) => BEYOND_ORDER.test(key))) return keys.sort();
  return keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
