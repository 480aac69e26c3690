import type { HclEntry, HclObject, HclValue, Position } from '@steppe/domain';
import { goQuote, isSteppeError, parseByteSize, parseGoDuration, Secret } from '@steppe/domain';
import { configError } from '../errors.js';
import type { Block, Field, FreeForm, NamedBlocksField } from './field.js';
import { fieldName } from './field.js';
import type { Layer, NamedLayer } from './layer.js';
import { mergeLayers } from './merge.js';

/** A place in the schema: names from the outermost block inwards. */
interface Place {
  readonly file: string;
  readonly path: readonly string[];
}

/**
 * Turns a parsed document into the settings it mentions.
 * @throws CONFIG_KEY_UNKNOWN, CONFIG_VALUE_INVALID naming file, line and key
 */
export function decodeDocument(document: HclObject, schema: Block, file: string): Layer {
  return decodeBlock(document, schema, { file, path: [] });
}

function decodeBlock(object: HclObject, schema: Block, place: Place): Layer {
  const unknown = object.entries.filter(({ key }) => !Object.hasOwn(schema, key));
  if (unknown[0] !== undefined) throw unknownKeys(unknown, unknown[0].at, place);
  let layer: Layer = {};
  for (const entry of object.entries) {
    const field = schema[entry.key] as Field;
    const value = decodeEntry(entry, field, { ...place, path: [...place.path, entry.key] });
    if (value !== undefined)
      layer = mergeLayers(layer, { [fieldName(entry.key, field)]: value }, { [entry.key]: field });
  }
  return layer;
}

function unknownKeys(entries: readonly HclEntry[], at: Position, { file, path }: Place): Error {
  const keys = [...new Set(entries.map(({ key }) => key))];
  // Nomad: the innermost block is named first.
  const text = [...path.toReversed(), 'unexpected keys', keys.join(', ')].join(' ');
  const key = [...path, keys[0]].join('.');
  return configError({ code: 'CONFIG_KEY_UNKNOWN', file, line: at.line, key }, `${text} (line ${at.line})`);
}

function decodeEntry(entry: HclEntry, field: Field, place: Place): unknown {
  const { value, labels } = entry;
  // As in JSON, null is the same as leaving the key out.
  if (value.kind === 'null') return undefined;
  if (field.kind === 'namedBlocks') return decodeNamedBlocks(labels, value, field, place);
  if (field.kind === 'free') return freeForm(labelled(labels, value));
  if (labels.length > 0) throw invalid(value.at, place, `takes no label, got ${goQuote(labels[0] ?? '')}`);
  if (field.kind !== 'block') return decodeScalar(value, field, place);
  return objectsOf(value, place)
    .map((object) => decodeBlock(object, field.block, place))
    .reduce((merged, layer) => mergeLayers(merged, layer, field.block), field.implied ?? {});
}

/** A block, or a list of blocks written as a list of objects. */
function objectsOf(value: HclValue, place: Place): readonly HclObject[] {
  const items = value.kind === 'list' ? value.items : [value];
  return items.map((item) => {
    if (item.kind !== 'object') throw invalid(item.at, place, `must be a block, got ${describe(item)}`);
    return item;
  });
}

function decodeNamedBlocks(
  labels: readonly string[],
  value: HclValue,
  field: NamedBlocksField,
  place: Place,
): readonly NamedLayer[] {
  return objectsOf(value, place).flatMap((object): readonly NamedLayer[] => {
    if (labels[0] !== undefined) return [named(labels[0], object, field, place)];
    // JSON has no labels: there the names are keys whose values are blocks.
    const isByName =
      object.entries.length > 0 &&
      object.entries.every(
        ({ key, value: inner }) => !Object.hasOwn(field.block, key) && key !== 'name' && isBlock(inner),
      );
    if (!isByName) return [named('', object, field, place)];
    return object.entries.flatMap((entry) =>
      objectsOf(entry.value, place).map((inner) => named(entry.key, inner, field, place)),
    );
  });
}

const isBlock = (value: HclValue): boolean =>
  value.kind === 'object' || (value.kind === 'list' && value.items.every((item) => item.kind === 'object'));

function named(label: string, object: HclObject, field: NamedBlocksField, place: Place): NamedLayer {
  const nameEntry = object.entries.find(({ key }) => key === 'name');
  const own = nameEntry?.value.kind === 'string' ? nameEntry.value.text : '';
  const rest = Object.hasOwn(field.block, 'name')
    ? object
    : { ...object, entries: object.entries.filter((entry) => entry !== nameEntry) };
  const name = label || own || field.defaultName;
  return { name, settings: decodeBlock(rest, field.block, place) };
}

function decodeScalar(
  value: HclValue,
  field: Exclude<Field, { kind: 'block' | 'namedBlocks' | 'free' }>,
  place: Place,
): unknown {
  switch (field.kind) {
    case 'string':
      return oneOf(textOf(value, place), field.oneOf, value, place);
    case 'secret':
      return new Secret(textOf(value, place, true));
    case 'bool':
    case 'nullableBool':
      return boolOf(value, place);
    case 'int':
    case 'nullableInt':
      return inRange(integerOf(value, place), field, value, place);
    case 'duration':
      return durationOf(value, field, place);
    case 'size':
      return sizeOf(value, place);
    case 'strings':
      return stringsOf(value, place);
    case 'stringMap':
      return stringMapOf(value, place);
  }
}

/** A number may stand for its text. */
function textOf(value: HclValue, place: Place, isSecret = false): string {
  if (value.kind === 'string' || value.kind === 'number') return value.text;
  throw invalid(value.at, place, isSecret ? 'must be a string' : `must be a string, got ${describe(value)}`);
}

function oneOf(text: string, allowed: readonly string[] | undefined, value: HclValue, place: Place): string {
  if (allowed === undefined || text === '' || allowed.includes(text.toLowerCase())) return text;
  // Nomad: a bad log level has a sentence of its own.
  if (place.path.join('.') === 'log_level') {
    const levels = allowed.map((level) => level.toUpperCase()).join(' ');
    throw rejected(value.at, place, `Invalid log level: ${text.toUpperCase()}. Valid log levels are: [${levels}]`);
  }
  throw invalid(value.at, place, `must be one of ${allowed.join(', ')}, got ${goQuote(text)}`);
}

function boolOf(value: HclValue, place: Place): boolean {
  if (value.kind === 'bool') return value.value;
  const text = value.kind === 'string' || value.kind === 'number' ? value.text : '';
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw invalid(value.at, place, `must be true or false, got ${describe(value)}`);
}

function integerOf(value: HclValue, place: Place): number {
  const number =
    value.kind === 'number'
      ? value.value
      : value.kind === 'string' && /^-?\d+$/.test(value.text)
        ? Number(value.text)
        : Number.NaN;
  if (!Number.isSafeInteger(number)) throw invalid(value.at, place, `must be an integer, got ${describe(value)}`);
  return number;
}

function inRange(
  number: number,
  { min, max }: { readonly min: number; readonly max: number },
  value: HclValue,
  place: Place,
): number {
  if (number >= min && number <= max) return number;
  // Zero is "not set", whatever the range.
  if (number === 0 && min > 0) return number;
  const range =
    min === max
      ? `must be ${min}`
      : max >= 2 ** 31 - 1
        ? `must be at least ${min}`
        : `must be between ${min} and ${max}`;
  throw invalid(value.at, place, `${range}, got ${number}`);
}

function durationOf(
  value: HclValue,
  field: { readonly min: number; readonly parseError?: string },
  place: Place,
): number {
  const text = textOf(value, place);
  if (text === '' && field.parseError === undefined) return 0;
  let ms: number;
  try {
    ms = Number(parseGoDuration(text)) / 1e6;
  } catch (error) {
    if (!isSteppeError(error, 'DURATION_INVALID')) throw error;
    const problem =
      field.parseError === undefined
        ? `${place.path.at(-1)} can't parse time duration ${text}`
        : `${field.parseError}: ${error.message}`;
    throw rejected(value.at, place, problem);
  }
  if (ms < field.min) throw invalid(value.at, place, `must be at least ${field.min}ms, got ${text}`);
  return ms;
}

function sizeOf(value: HclValue, place: Place): number {
  const text = textOf(value, place);
  try {
    return text === '' ? 0 : parseByteSize(text);
  } catch (error) {
    if (!isSteppeError(error, 'BYTE_SIZE_INVALID')) throw error;
    throw rejected(value.at, place, `${place.path.at(-1)} ${error.message}`);
  }
}

function stringsOf(value: HclValue, place: Place): readonly string[] {
  if (value.kind !== 'list') throw invalid(value.at, place, `must be a list of strings, got ${describe(value)}`);
  return value.items.map((item) => textOf(item, place));
}

function stringMapOf(value: HclValue, place: Place): Readonly<Record<string, string>> {
  const entries = objectsOf(value, place).flatMap((object) => object.entries);
  return Object.fromEntries(
    entries.map(({ key, value: item }) => [
      key,
      item.kind === 'bool' ? `${item.value}` : textOf(item, { ...place, path: [...place.path, key] }),
    ]),
  );
}

const labelled = (labels: readonly string[], value: HclValue): HclValue =>
  labels.reduceRight<HclValue>(
    (inner, key) => ({ kind: 'object', at: value.at, entries: [{ key, labels: [], value: inner, at: value.at }] }),
    value,
  );

/** The value as JSON would hold it; a key that occurs more than once becomes a list. */
function freeForm(value: HclValue): FreeForm {
  switch (value.kind) {
    case 'string':
      return value.text;
    case 'number':
    case 'bool':
      return value.value;
    case 'null':
      return null;
    case 'list':
      return value.items.map(freeForm);
    case 'object': {
      const byKey = new Map<string, FreeForm[]>();
      for (const entry of value.entries) {
        byKey.set(entry.key, [...(byKey.get(entry.key) ?? []), freeForm(labelled(entry.labels, entry.value))]);
      }
      return Object.fromEntries(
        [...byKey].map(([key, values]) => [key, values.length === 1 ? (values[0] ?? null) : values]),
      );
    }
  }
}

function describe(value: HclValue): string {
  switch (value.kind) {
    case 'string':
      return goQuote(value.text);
    case 'number':
      return value.text;
    case 'bool':
      return `${value.value}`;
    case 'null':
      return 'null';
    case 'list':
      return 'a list';
    case 'object':
      return 'a block';
  }
}

const invalid = (at: Position, place: Place, problem: string): Error =>
  rejected(at, place, `${place.path.join('.')} ${problem}`);

function rejected({ line }: Position, { file, path }: Place, message: string): Error {
  return configError({ code: 'CONFIG_VALUE_INVALID', file, line, key: path.join('.') }, `${message} (line ${line})`);
}
