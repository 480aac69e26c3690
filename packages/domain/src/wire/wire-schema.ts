import { SteppeError } from '../errors/steppe-error.js';
import type { DomainErrorDetail } from '../errors/errors.js';
import { compareBytes } from '../values/byte-order.js';
import { msToNanoseconds, parseGoDuration } from '../values/go-duration.js';
import { encodeJson, encodeNumber, quote, sortedKeys } from './json.js';
import { encodeTimestamp, GO_ZERO_TIME_MS } from './timestamp.js';

/** One field of an object: its name in JSON, and how its value is read, written and left out. */
export interface WireField<T> {
  readonly name: string;
  /** The value when the field is absent or `null`. */
  readonly absent: T;
  /** @throws FIELD_INVALID naming `path` and the value */
  readonly decode: (value: unknown, path: string) => T;
  readonly encode: (value: T) => unknown;
  /** The JSON text of what `encode` makes, without making it. */
  readonly write: (value: T) => string;
  /** Whether Go would leave the value out under `omitempty`. */
  readonly isZero: (value: T) => boolean;
}

// oxlint-disable-next-line typescript/no-explicit-any -- fields of any type make a schema
type AnyFields = Readonly<Record<string, WireField<any>>>;
type Values<F extends AnyFields> = { readonly [K in keyof F]: F[K] extends WireField<infer T> ? T : never };

/** The JSON of a kind of object. Declared once; its type, its reading and its writing follow. */
export interface WireSchema<T> {
  /**
   * Reads an object as Go does: keys match in any case, unknown keys are ignored, `null` means absent.
   * @param path - what to call the object in errors
   * @throws FIELD_INVALID
   */
  decode(value: unknown, path: string): T;
  /** Every field, lists and maps without content as `null`. */
  encode(value: T): Record<string, unknown>;
  /** Only the fields that are not zero: how evaluations, allocations and plans are written. */
  encodeSparse(value: T): Record<string, unknown>;
  /** The JSON text of {@link WireSchema.encode}; much faster than both steps. */
  write(value: T): string;
  /** The JSON text of {@link WireSchema.encodeSparse}. */
  writeSparse(value: T): string;
  /** An object with every field absent. */
  readonly empty: T;
}

/** What a schema describes. */
export type WireOf<S> = S extends WireSchema<infer T> ? T : never;

export interface WireSchemaOptions {
  /**
   * Fields that real objects may have and that we do not do, with what to call them. Present, they are an error rather than
   * ignored; absent, `null`, empty or false they pass, and are written as `null`.
   */
  readonly unsupported?: Readonly<Record<string, string>>;
}

/** Declares the JSON of a kind of object. */
export function wireSchema<F extends AnyFields>(
  fields: F,
  { unsupported = {} }: WireSchemaOptions = {},
): WireSchema<Values<F>> {
  const entries = Object.entries(fields);
  const known = entries.map(([key, field]) => ({ key, field }));
  const byExactName = new Map(known.map((each) => [each.field.name, each]));
  const byName = new Map(known.map((each) => [each.field.name.toLowerCase(), each]));
  const refused = new Map(Object.entries(unsupported).map(([name, what]) => [name.toLowerCase(), { name, what }]));
  const empty = Object.freeze(Object.fromEntries(entries.map(([key, { absent }]) => [key, absent]))) as Values<F>;
  // In the order in which replies have them, which is then not to be made for each.
  const writers = [
    ...entries.map(([key, field]) => [field.name, key, field] as const),
    ...Object.keys(unsupported).map((name) => [name, '', undefined] as const),
  ]
    .toSorted(([a], [b]) => compareBytes(a, b))
    .map(([name, key, field]) => ({ name, key, field, head: `${JSON.stringify(name)}:` }));
  return {
    empty,
    decode: (value, path) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw fieldInvalid(path, 'an object', value);
      }
      const result: Record<string, unknown> = { ...empty };
      // Several times faster than a list of the entries; there are only own ones.
      for (const name in value) {
        const given = (value as Readonly<Record<string, unknown>>)[name];
        if (given === null || given === undefined) continue;
        // What we have written ourselves has names as they are.
        const found = byExactName.get(name) ?? byName.get(name.toLowerCase());
        if (found !== undefined) {
          result[found.key] = found.field.decode(given, `${path}.${found.field.name}`);
          continue;
        }
        const refusal = refused.get(name.toLowerCase());
        if (refusal !== undefined && !isNothing(given)) {
          throw unsupportedField(`${path}.${refusal.name}`, refusal.what);
        }
      }
      return result as Values<F>;
    },
    encode: (value) => {
      const result: Record<string, unknown> = {};
      for (const { name, key, field } of writers) result[name] = field === undefined ? null : field.encode(value[key]);
      return result;
    },
    encodeSparse: (value) => {
      const result: Record<string, unknown> = {};
      for (const { name, key, field } of writers) {
        if (field !== undefined && !field.isZero(value[key])) result[name] = field.encode(value[key]);
      }
      return result;
    },
    write: (value) => {
      const pieces = writers.map(
        ({ key, field, head }) => head + (field === undefined ? 'null' : field.write(value[key])),
      );
      return `{${pieces.join(',')}}`;
    },
    writeSparse: (value) => {
      const pieces: string[] = [];
      for (const { key, field, head } of writers) {
        if (field !== undefined && !field.isZero(value[key])) pieces.push(head + field.write(value[key]));
      }
      return `{${pieces.join(',')}}`;
    },
  };
}

const isNothing = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === false ||
  value === 0 ||
  value === '' ||
  (typeof value === 'object' && Object.keys(value).length === 0);

const same = <T>(value: T): T => value;

export function text(name: string, absent = ''): WireField<string> {
  return {
    name,
    absent,
    decode: (value, path) => {
      if (typeof value !== 'string') throw fieldInvalid(path, 'a string', value);
      return value;
    },
    encode: same,
    write: quote,
    isZero: (value) => value === '',
  };
}

export function integer(name: string, absent = 0): WireField<number> {
  return {
    name,
    absent,
    decode: (value, path) => {
      if (!Number.isSafeInteger(value)) throw fieldInvalid(path, 'an integer', value);
      return value as number;
    },
    encode: same,
    write: encodeNumber,
    isZero: (value) => value === 0,
  };
}

export function decimal(name: string, absent = 0): WireField<number> {
  return {
    name,
    absent,
    decode: (value, path) => {
      if (typeof value !== 'number') throw fieldInvalid(path, 'a number', value);
      return value;
    },
    encode: same,
    write: encodeNumber,
    isZero: (value) => value === 0,
  };
}

export function flag(name: string, absent = false): WireField<boolean> {
  return {
    name,
    absent,
    decode: (value, path) => {
      if (typeof value !== 'boolean') throw fieldInvalid(path, 'true or false', value);
      return value;
    },
    encode: same,
    write: (value) => (value ? 'true' : 'false'),
    isZero: (value) => !value,
  };
}

/** Milliseconds here; in JSON nanoseconds, read from a text such as `30s` as well. */
export function duration(name: string, absentMs = 0): WireField<number> {
  return {
    name,
    absent: absentMs,
    decode: (value, path) => {
      if (typeof value === 'number' && Number.isInteger(value)) return value / 1_000_000;
      try {
        if (typeof value === 'string') return Number(parseGoDuration(value)) / 1_000_000;
      } catch {
        // Told below, with the field's name.
      }
      throw fieldInvalid(path, 'a duration in nanoseconds', value);
    },
    encode: (value) => Number(msToNanoseconds(value)),
    write: (value) => encodeNumber(Number(msToNanoseconds(value))),
    isZero: (value) => value === 0,
  };
}

/** Unix milliseconds here; in JSON Unix nanoseconds. 0 means never. */
export function unixTime(name: string): WireField<number> {
  return {
    name,
    absent: 0,
    decode: (value, path) => {
      if (typeof value !== 'number' || !Number.isInteger(value)) throw fieldInvalid(path, 'Unix nanoseconds', value);
      // Whole microseconds, also when written: a number this large has no more digits to give.
      return Math.round(value / 1_000) / 1_000;
    },
    encode: unixNanoseconds,
    write: (value) => `${unixNanoseconds(value)}`,
    isZero: (value) => value === 0,
  };
}

const unixNanoseconds = (ms: number): bigint => BigInt(Math.round(ms * 1_000)) * 1_000n;

/** Unix milliseconds here; in JSON RFC 3339, and Go's zero time for never. 0 means never. */
export function timestamp(name: string): WireField<number> {
  return {
    name,
    absent: 0,
    decode: (value, path) => {
      const parsed = typeof value === 'string' ? Date.parse(value) : Number.NaN;
      if (Number.isNaN(parsed)) throw fieldInvalid(path, 'a time as in RFC 3339', value);
      return parsed <= GO_ZERO_TIME_MS ? 0 : parsed;
    },
    encode: (value) => encodeTimestamp(value === 0 ? GO_ZERO_TIME_MS : value),
    write: (value) => quote(encodeTimestamp(value === 0 ? GO_ZERO_TIME_MS : value)),
    isZero: (value) => value === 0,
  };
}

export function optional<T>(field: WireField<T>): WireField<T | undefined> {
  return {
    name: field.name,
    absent: undefined,
    decode: (value, path) => field.decode(value, path),
    encode: (value) => (value === undefined ? null : field.encode(value)),
    write: (value) => (value === undefined ? 'null' : field.write(value)),
    isZero: (value) => value === undefined,
  };
}

/** An object of its own schema; `undefined` when absent. */
export function object<T>(
  name: string,
  schema: WireSchema<T>,
  { sparse = false }: { readonly sparse?: boolean } = {},
): WireField<T | undefined> {
  return {
    name,
    absent: undefined,
    decode: (value, path) => schema.decode(value, path),
    encode: (value) => {
      if (value === undefined) return null;
      return sparse ? schema.encodeSparse(value) : schema.encode(value);
    },
    write: (value) => {
      if (value === undefined) return 'null';
      return sparse ? schema.writeSparse(value) : schema.write(value);
    },
    isZero: (value) => value === undefined,
  };
}

/** A list of objects; empty when absent. */
export function list<T>(name: string, schema: WireSchema<T>): WireField<readonly T[]> {
  return listOf(name, schema);
}

export function textList(name: string): WireField<readonly string[]> {
  return listOf(name, text(''));
}

/** What lists and maps are made of. */
type Item<T> = Pick<WireField<T>, 'decode' | 'encode' | 'write'>;

function listOf<T>(name: string, { decode, encode, write }: Item<T>): WireField<readonly T[]> {
  return {
    name,
    absent: Object.freeze([]),
    decode: (value, path) => {
      if (!Array.isArray(value)) throw fieldInvalid(path, 'a list', value);
      return value.map((item, index) => decode(item, `${path}[${index}]`));
    },
    encode: (value) => (value.length === 0 ? null : value.map(encode)),
    write: (value) => (value.length === 0 ? 'null' : `[${value.map((item) => write(item)).join(',')}]`),
    isZero: (value) => value.length === 0,
  };
}

/** Objects by name; empty when absent. */
export function map<T>(name: string, schema: WireSchema<T>): WireField<Readonly<Record<string, T>>> {
  return mapOf(name, schema);
}

export function textMap(name: string): WireField<Readonly<Record<string, string>>> {
  return mapOf(name, text(''));
}

export function integerMap(name: string): WireField<Readonly<Record<string, number>>> {
  return mapOf(name, integer(''));
}

export function decimalMap(name: string): WireField<Readonly<Record<string, number>>> {
  return mapOf(name, decimal(''));
}

export function flagMap(name: string): WireField<Readonly<Record<string, boolean>>> {
  return mapOf(name, flag(''));
}

/** Values of any kind by name, kept as they are. */
export function anyMap(name: string): WireField<Readonly<Record<string, unknown>>> {
  return mapOf(name, { decode: same, encode: same, write: encodeJson });
}

function mapOf<T>(name: string, { decode, encode, write }: Item<T>): WireField<Readonly<Record<string, T>>> {
  return {
    name,
    absent: Object.freeze({}),
    decode: (value, path) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw fieldInvalid(path, 'an object', value);
      }
      const given = value as Readonly<Record<string, unknown>>;
      const result = Object.create(NOTHING) as Record<string, T>;
      for (const key in given) result[key] = decode(given[key], `${path}.${key}`);
      return result;
    },
    encode: (value) => {
      const entries = Object.entries(value);
      return entries.length === 0 ? null : Object.fromEntries(entries.map(([key, item]) => [key, encode(item)]));
    },
    write: (value) => {
      const keys = sortedKeys(value);
      if (keys.length === 0) return 'null';
      return `{${keys.map((key) => `${quote(key)}:${write(value[key] as T)}`).join(',')}}`;
    },
    isZero: (value) => Object.keys(value).length === 0,
  };
}

/**
 * What maps are made on: with nothing to inherit, a key such as `__proto__` is a key like any other. Without any prototype at all
 * the engine would keep them as hash tables, which take four times as long to fill and freeze.
 */
const NOTHING: object = Object.freeze(Object.create(null) as object);

const MAX_SHOWN = 60;

function fieldInvalid(path: string, expected: string, value: unknown): SteppeError<DomainErrorDetail> {
  const shown = JSON.stringify(value) ?? 'nothing';
  return new SteppeError(
    { code: 'FIELD_INVALID', path },
    `${path} must be ${expected}, got ${shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown}`,
  );
}

function unsupportedField(path: string, what: string): SteppeError<DomainErrorDetail> {
  return new SteppeError({ code: 'FIELD_UNSUPPORTED', path }, `${path}: ${what} are not supported`);
}
