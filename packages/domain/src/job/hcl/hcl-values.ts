import type { HclEntry, HclValue, Position } from '../../hcl/document.js';
import { syntaxError } from '../../hcl/document.js';
import { goQuote } from '../../values/go-text.js';
import { parseGoDuration } from '../../values/go-duration.js';

/** Kinds of values that a key of the job form may have. */
export type ValueKind = 'text' | 'integer' | 'flag' | 'duration' | 'textList' | 'textMap' | 'any';

const READERS: Readonly<Record<ValueKind, (value: HclValue, what: string) => unknown>> = {
  text: textOf,
  integer: integerOf,
  flag: flagOf,
  duration: durationOf,
  textList: (value, what) => {
    if (value.kind !== 'list') throw mismatch(value.at, what, 'a list of texts');
    return value.items.map((item) => textOf(item, what));
  },
  textMap: (value, what) => {
    if (value.kind !== 'object') throw mismatch(value.at, what, 'a block of keys and texts');
    return Object.fromEntries(value.entries.map((entry) => [keyOf(entry), textOf(entry.value, what)]));
  },
  any: plainOf,
};

/** A value as the JSON of a job has it. @throws HCL_SYNTAX with line and column for one of another kind */
export const readValue = (kind: ValueKind, value: HclValue, what: string): unknown => READERS[kind](value, what);

/** Numbers and truth values stand for their texts, as they do in the reference. */
function textOf(value: HclValue, what: string): string {
  if (value.kind === 'string' || value.kind === 'number') return value.text;
  if (value.kind === 'bool') return `${value.value}`;
  throw mismatch(value.at, what, 'a text');
}

function integerOf(value: HclValue, what: string): number {
  const number = value.kind === 'number' ? value.value : value.kind === 'string' ? numberOf(value.text) : Number.NaN;
  if (Number.isSafeInteger(number)) return number;
  throw mismatch(value.at, what, 'an integer');
}

const numberOf = (text: string): number => (/^-?\d+$/.test(text) ? Number(text) : Number.NaN);

function flagOf(value: HclValue, what: string): boolean {
  if (value.kind === 'bool') return value.value;
  if (value.kind === 'string' && (value.text === 'true' || value.text === 'false')) return value.text === 'true';
  throw mismatch(value.at, what, 'true or false');
}

function durationOf(value: HclValue, what: string): string {
  if (value.kind === 'number' && value.value === 0) return '0s';
  try {
    if (value.kind === 'string') {
      parseGoDuration(value.text);
      return value.text;
    }
  } catch {
    // Told below, with the place.
  }
  throw mismatch(value.at, what, 'a duration such as "30s"');
}

/** Of any shape: what is given more than once is a list. */
function plainOf(value: HclValue): unknown {
  switch (value.kind) {
    case 'object':
      return plainObject(value.entries);
    case 'list':
      return value.items.map(plainOf);
    case 'string':
      return value.text;
    case 'null':
      return null;
    default:
      return value.value;
  }
}

function plainObject(entries: readonly HclEntry[]): Readonly<Record<string, unknown>> {
  const byKey = new Map<string, unknown[]>();
  for (const { key, labels, value } of entries) {
    const content = labels.reduceRight<unknown>((inner, label) => ({ [label]: inner }), plainOf(value));
    byKey.set(key, [...(byKey.get(key) ?? []), content]);
  }
  return Object.fromEntries([...byKey].map(([key, values]) => [key, values.length === 1 ? values[0] : values]));
}

function keyOf({ key, labels, at }: HclEntry): string {
  if (labels.length === 0) return key;
  throw syntaxError(at, `${goQuote(key)} is a block, and a text is expected`);
}

const mismatch = (at: Position, what: string, expected: string) => syntaxError(at, `${what} must be ${expected}`);
