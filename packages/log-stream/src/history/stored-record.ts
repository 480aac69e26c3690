import type { RecordLevel } from '@steppe/runtime';
import { LOG_LEVELS } from '@steppe/runtime';
import { encodeJsonValue } from '../format/json-value.js';
import { RenderedValue } from '../format/rendered-value.js';
import { isList, textValue } from '../format/text-value.js';
import { CallSite } from '../record/call-site.js';
import { rankOf } from '../record/log-level.js';
import type { LogField, LogRecord } from '../record/log-record.js';

/** A record that was kept, with its number. */
export interface StoredRecord {
  readonly sequence: number;
  readonly record: LogRecord;
}

/** A simple value as itself, any other by how it prints: `t` its text, `l` whether that is a list, `j` its JSON, if any. */
type StoredValue =
  | string
  | number
  | boolean
  | null
  | { readonly t: string; readonly l?: 1; readonly j: string | undefined };
type StoredField = readonly [key: string, value: StoredValue];

/**
 * A record as one line, line feed included: a JSON array of number, time, level, name, message, fields of the logger, fields of
 * the call, and caller. Printed again it gives the same lines, byte for byte.
 */
export function encodeStoredRecord(sequence: number, record: LogRecord): string {
  const position = record.callSite?.position;
  return `${JSON.stringify([
    sequence,
    record.time,
    rankOf(record.level),
    record.name,
    record.message,
    record.implied.map(storedField),
    Object.entries(record.fields).map(storedField),
    position === undefined ? null : [position.file, position.line],
  ])}\n`;
}

/** `undefined` for a line that is none of ours, such as one that a crash has cut off. */
export function decodeStoredRecord(line: string): StoredRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isStored(value)) return undefined;
  const [sequence, time, rank, name, message, implied, fields, caller] = value;
  const level = LOG_LEVELS[rank] as RecordLevel;
  const record = { level, time, name, message, implied: implied.map(loadedField) };
  return {
    sequence,
    record: {
      ...record,
      // Not assigned one by one: `__proto__` is a name like any other.
      fields: Object.fromEntries(fields.map(loadedField)),
      ...(caller === null ? {} : { callSite: CallSite.at({ file: caller[0], line: caller[1] }) }),
    },
  };
}

type Stored = readonly [
  sequence: number,
  time: number,
  rank: number,
  name: string,
  message: string,
  implied: readonly StoredField[],
  fields: readonly StoredField[],
  caller: readonly [file: string, line: number] | null,
];

const isStored = (value: unknown): value is Stored =>
  Array.isArray(value) &&
  value.length === 8 &&
  Number.isSafeInteger(value[0]) &&
  typeof value[1] === 'number' &&
  [0, 1, 2, 3, 4].includes(value[2] as number) &&
  typeof value[3] === 'string' &&
  typeof value[4] === 'string' &&
  [value[5], value[6]].every((fields) => Array.isArray(fields) && fields.every(isStoredField)) &&
  (value[7] === null || isPlace(value[7]));

const isStoredField = (field: unknown): boolean =>
  Array.isArray(field) && field.length === 2 && typeof field[0] === 'string' && isStoredValue(field[1]);

function isStoredValue(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value !== undefined;
  if (!('t' in value) || typeof value.t !== 'string') return false;
  return !('j' in value) || typeof value.j === 'string';
}

const isPlace = (place: unknown): boolean =>
  Array.isArray(place) && typeof place[0] === 'string' && typeof place[1] === 'number';

function storedField([key, value]: LogField): StoredField {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return [key, value];
    case 'number':
      if (Number.isFinite(value)) return [key, value];
      break;
    case 'undefined':
      return [key, null];
    case 'object':
      if (value === null) return [key, null];
      break;
    default:
  }
  return [key, { t: textValue(value), ...(isList(value) ? { l: 1 as const } : {}), j: jsonOf(value) }];
}

function loadedField([key, value]: StoredField): LogField {
  if (typeof value !== 'object' || value === null) return [key, value];
  return [key, new RenderedValue(value.t, value.l === 1, value.j)];
}

function jsonOf(value: unknown): string | undefined {
  try {
    return encodeJsonValue(value);
  } catch {
    return undefined;
  }
}
