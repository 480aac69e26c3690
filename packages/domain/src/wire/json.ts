/**
 * JSON as Nomad's API writes it: object keys in byte order, integers of any size unquoted (`bigint`), byte strings as
 * standard base64, compact or with four blanks of indent and a closing newline.
 * @see spec "JSON encoding" of the agent HTTP API
 */
export interface JsonEncodeOptions {
  /** Four-space indent and a trailing newline; default false. */
  readonly pretty?: boolean;
}

/**
 * A value that is never changed once built, encoded at most once. Wrap what is sent often and changes seldom
 * (the member list, the configuration): the encoder keeps the compact text beside it.
 */
export class JsonSnapshot {
  readonly value: unknown;
  #compact: string | undefined;

  constructor(value: unknown) {
    this.value = value;
  }

  /** The compact encoding, computed on first use. */
  get compact(): string {
    this.#compact ??= encodeCompact(this.value);
    return this.#compact;
  }
}

export function encodeJson(value: unknown, { pretty = false }: JsonEncodeOptions = {}): string {
  return pretty ? `${encodePretty(value, '\n')}\n` : encodeCompact(value);
}

type Encodable = Readonly<Record<string, unknown>>;

/** Numbers that JSON cannot express are `null`; a reply must not fail because one gauge is NaN. */
export const encodeNumber = (value: number): string => (Number.isFinite(value) ? `${value}` : 'null');

function encodeScalar(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return quote(value);
    case 'number':
      return encodeNumber(value);
    case 'bigint':
    case 'boolean':
      return `${value}`;
    case 'object':
      if (value === null) return 'null';
      if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('base64')}"`;
      return undefined;
    default:
      return 'null';
  }
}

/** Text that stands for itself between quotes, as nearly all keys and most values do. */
const PLAIN = /^[\w .:/-]*$/;

/** A text in JSON. */
export const quote = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text));

/** Whether keys are in byte order. Field names are ASCII, for which UTF-16 order is byte order. */
function inOrder(keys: readonly string[]): boolean {
  for (let i = 1; i < keys.length; i += 1) {
    if ((keys[i - 1] as string) > (keys[i] as string)) return false;
  }
  return true;
}

/** In byte order. */
export function sortedKeys(object: object): readonly string[] {
  const keys = Object.keys(object);
  return inOrder(keys) ? keys : keys.sort();
}

const withToJson = (value: object): unknown =>
  'toJSON' in value && typeof value.toJSON === 'function' ? (value.toJSON as () => unknown)() : value;

function encodeCompact(input: unknown): string {
  const pieces: string[] = [];
  appendCompact(pieces, input);
  // Joined in one go, the text is one flat string; built up by `+` it would be a tree that every later reader walks.
  return pieces.join('');
}

function appendCompact(pieces: string[], input: unknown): void {
  const scalar = encodeScalar(input);
  if (scalar !== undefined) {
    pieces.push(scalar);
    return;
  }
  if (input instanceof JsonSnapshot) {
    pieces.push(input.compact);
    return;
  }
  const value = withToJson(input as object);
  if (value !== input) appendCompact(pieces, value);
  else if (Array.isArray(value)) appendArray(pieces, value);
  else appendObject(pieces, value as Encodable);
}

function appendArray(pieces: string[], items: readonly unknown[]): void {
  let opening = '[';
  for (const item of items) {
    pieces.push(opening);
    appendCompact(pieces, item);
    opening = ',';
  }
  pieces.push(opening === '[' ? '[]' : ']');
}

function appendObject(pieces: string[], object: Encodable): void {
  const keys = Object.keys(object);
  // The engine's own encoder is many times faster, and right for what has no order, type or text of ours inside.
  if (inOrder(keys) && keys.every((key) => isPlain(object[key]))) {
    pieces.push(JSON.stringify(object));
    return;
  }
  let opening = '{';
  for (const key of sortedKeys(object)) {
    const field = object[key];
    if (field === undefined) continue;
    pieces.push(opening, quote(key), ':');
    appendCompact(pieces, field);
    opening = ',';
  }
  pieces.push(opening === '{' ? '{}' : '}');
}

function isPlain(value: unknown): boolean {
  const type = typeof value;
  return type === 'string' || type === 'number' || type === 'boolean' || value === null;
}

function encodePretty(input: unknown, newline: string): string {
  const scalar = encodeScalar(input);
  if (scalar !== undefined) return scalar;
  if (input instanceof JsonSnapshot) return encodePretty(input.value, newline);
  const value = withToJson(input as object);
  if (value !== input) return encodePretty(value, newline);
  const inner = `${newline}    `;
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    return `[${inner}${value.map((item) => encodePretty(item, inner)).join(`,${inner}`)}${newline}]`;
  }
  const object = value as Encodable;
  const keys = Object.keys(object)
    .filter((key) => object[key] !== undefined)
    .sort();
  if (keys.length === 0) return '{}';
  const fields = keys.map((key) => `${quote(key)}: ${encodePretty(object[key], inner)}`);
  return `{${inner}${fields.join(`,${inner}`)}${newline}}`;
}
