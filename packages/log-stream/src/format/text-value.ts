import { errorMessage, goQuote } from '@steppe/domain';
import { isLogDuration } from '../record/log-duration.js';
import { RenderedValue } from './rendered-value.js';
import { encodeJsonValue, isError, nonFiniteText, representative } from './json-value.js';

// `-` to `~`. Everything else, the blank, the comma and the plus sign included, needs quotes.
const BARE = /^[\x2d-\x7e]+$/;
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const PLAIN = /^[\x20-\x7e]*$/;

const NAMED: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** One field of a text line, from its leading blank (or line feed, for a value of several lines) on. */
export function textField(key: string, value: unknown): string {
  // Only lists have a text form of their own; bytes print like the list of their numbers.
  if (isList(value)) return ` ${key}=${textValue(value)}`;
  const text = textValue(value);
  if (BARE.test(text)) return ` ${key}=${text}`;
  if (text.includes('\n')) return `\n  ${key}=\n${textBlock(text)}  `;
  return ` ${key}="${escapeText(text).replaceAll('"', '\\"')}"`;
}

/** Whether the text of a value is a list, which is never quoted as a whole. */
export const isList = (value: unknown): boolean =>
  Array.isArray(value) || value instanceof Uint8Array || (value instanceof RenderedValue && value.isList);

/** A value before any quoting. */
export function textValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return textNumber(value);
    case 'bigint':
    case 'boolean':
      return `${value}`;
    case 'undefined':
      return '<nil>';
    case 'object':
      return value === null ? '<nil>' : textObject(value);
    default:
      return `<${typeof value}>`;
  }
}

function textObject(value: object): string {
  try {
    if (value instanceof RenderedValue) return value.text;
    if (isLogDuration(value)) return value.toString();
    if (isError(value)) return errorMessage(value);
    if (Array.isArray(value) || value instanceof Uint8Array) return textArray([...value]);
    const shown = representative(value);
    return shown === value ? encodeJsonValue(value) : textValue(shown);
  } catch {
    // A log call must not fail because of what is logged.
    return Object.prototype.toString.call(value);
  }
}

/** `["a", "b c", 1]`: strings quoted as Go does, others only where blanks would break the list. */
function textArray(items: readonly unknown[]): string {
  const texts = items.map((item) => {
    const text = textValue(item);
    return typeof item === 'string' || /[ \t\r\n]/.test(text) ? goQuote(text) : text;
  });
  return `[${texts.join(', ')}]`;
}

/** Shortest digits; exponent form for fractions below 1e-4 and from 1e6 on. Whole numbers print as integers. */
function textNumber(value: number): string {
  if (Number.isInteger(value)) return `${BigInt(value)}`;
  if (!Number.isFinite(value)) return nonFiniteText(value);
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e6) return `${value}`;
  const [digits = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  return `${digits}e${power < 0 ? '-' : '+'}${`${Math.abs(power)}`.padStart(2, '0')}`;
}

/** Every line of a value behind a bar; a final line feed opens no further line. */
function textBlock(text: string): string {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => `  | ${escapeText(line)}\n`).join('');
}

/** Escapes what does not print. Quotes stay, and so does a backslash: Nomad: it is not doubled, even inside quotes. */
function escapeText(text: string): string {
  if (PLAIN.test(text)) return text;
  let out = '';
  for (const char of text) out += NAMED[char] ?? (PRINTABLE.test(char) ? char : escapeChar(char));
  return out;
}

function escapeChar(char: string): string {
  const point = char.codePointAt(0) ?? 0;
  if (point < 0x20) return `\\x${point.toString(16).padStart(2, '0')}`;
  if (point > 0xffff) return `\\U${point.toString(16).padStart(8, '0')}`;
  // Half of a surrogate pair has no UTF-8 form.
  return point >= 0xd800 && point <= 0xdfff ? '\ufffd' : `\\u${point.toString(16).padStart(4, '0')}`;
}
