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
const encodeNumber = (value: number): string => (Number.isFinite(value) ? `${value}` : 'null');

function encodeScalar(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
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

/** Keys with a value, in byte order. Field names are ASCII, for which UTF-16 order is byte order. */
function sortedKeys(object: Encodable): string[] {
  return Object.keys(object)
    .filter((key) => object[key] !== undefined)
    .sort();
}

const withToJson = (value: object): unknown =>
  'toJSON' in value && typeof value.toJSON === 'function' ? (value.toJSON as () => unknown)() : value;

function encodeCompact(input: unknown): string {
  const scalar = encodeScalar(input);
  if (scalar !== undefined) return scalar;
  if (input instanceof JsonSnapshot) return input.compact;
  const value = withToJson(input as object);
  if (value !== input) return encodeCompact(value);
  if (Array.isArray(value)) return `[${value.map(encodeCompact).join(',')}]`;
  const object = value as Encodable;
  return `{${sortedKeys(object)
    .map((key) => `${JSON.stringify(key)}:${encodeCompact(object[key])}`)
    .join(',')}}`;
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
  const keys = sortedKeys(object);
  if (keys.length === 0) return '{}';
  const fields = keys.map((key) => `${JSON.stringify(key)}: ${encodePretty(object[key], inner)}`);
  return `{${inner}${fields.join(`,${inner}`)}${newline}}`;
}
