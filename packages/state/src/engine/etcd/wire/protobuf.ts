/** What a field holds. `int` is an integer up to 2^53, `int64` any signed 64-bit integer. */
type Kind = 'int' | 'int64' | 'bool' | 'bytes' | 'text' | (() => MessageCodec<never>);

export interface Field {
  readonly number: number;
  readonly kind: Kind;
  readonly repeated?: boolean;
}

/** The part of protocol buffers (version 3) that etcd's messages need. */
export class MessageCodec<T extends object> {
  readonly #fields: Readonly<Record<string, Field>>;
  readonly #byNumber: ReadonlyMap<number, readonly [string, Field]>;

  constructor(fields: { readonly [Name in keyof T]-?: Field }) {
    this.#fields = fields;
    this.#byNumber = new Map(Object.entries(this.#fields).map((entry) => [entry[1].number, entry]));
  }

  /** Fields that are absent or have their default value are left out. */
  encode(message: Partial<T>): Buffer {
    const out: Buffer[] = [];
    for (const [name, value] of Object.entries(message)) {
      const field = this.#fields[name] as Field;
      for (const each of field.repeated === true ? (value as unknown[]) : [value]) {
        if (each !== undefined) encodeField(out, field, each);
      }
    }
    return Buffer.concat(out);
  }

  /** Absent fields have their default value; unknown ones are skipped. @throws RangeError for bytes that are no message */
  decode(bytes: Buffer): T {
    const message = Object.fromEntries(Object.entries(this.#fields).map(([name, field]) => [name, defaultOf(field)]));
    const reader = new Reader(bytes);
    while (!reader.isDone) {
      const tag = reader.int();
      const [name, field] = this.#byNumber.get(Math.floor(tag / 8)) ?? [];
      if (name === undefined || field === undefined) {
        reader.skip(tag % 8);
        continue;
      }
      const value = decodeField(reader, field, tag % 8);
      if (field.repeated === true) (message[name] as unknown[]).push(value);
      else message[name] = value;
    }
    return message as T;
  }
}

function defaultOf({ kind, repeated }: Field): unknown {
  if (repeated === true) return [];
  if (typeof kind === 'function') return undefined;
  return { int: 0, int64: 0n, bool: false, bytes: Buffer.alloc(0), text: '' }[kind];
}

function encodeField(out: Buffer[], { number, kind, repeated }: Field, value: unknown): void {
  if (typeof kind === 'function' || kind === 'bytes' || kind === 'text') {
    const bytes =
      typeof kind === 'function' ? kind().encode(value as never) : Buffer.from(value as string | Uint8Array as never);
    if (bytes.length === 0 && typeof kind !== 'function' && repeated !== true) return;
    out.push(varint(BigInt(number * 8 + 2)), varint(BigInt(bytes.length)), bytes);
    return;
  }
  const integer = BigInt(value as number | bigint | boolean);
  if (integer === 0n && repeated !== true) return;
  out.push(varint(BigInt(number * 8)), varint(integer));
}

function decodeField(reader: Reader, { kind }: Field, wireType: number): unknown {
  const expected = typeof kind === 'function' || kind === 'bytes' || kind === 'text' ? 2 : 0;
  if (wireType !== expected) throw new RangeError(`wire type ${wireType} where ${expected} belongs`);
  if (typeof kind === 'function') return kind().decode(reader.bytes());
  if (kind === 'bytes') return reader.bytes();
  if (kind === 'text') return reader.bytes().toString('utf8');
  if (kind === 'int64') return BigInt.asIntN(64, reader.varint());
  return kind === 'bool' ? reader.varint() !== 0n : reader.int();
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isDone(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new RangeError('message ends within a number');
      this.#at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('number is longer than 64 bits');
  }

  int(): number {
    // Nearly all numbers are one byte.
    const byte = this.#bytes[this.#at];
    if (byte !== undefined && byte < 0x80) {
      this.#at += 1;
      return byte;
    }
    const value = Number(BigInt.asIntN(64, this.varint()));
    if (!Number.isSafeInteger(value)) throw new RangeError('number is beyond 2^53');
    return value;
  }

  bytes(): Buffer {
    const length = this.int();
    if (length < 0 || length > this.#bytes.length - this.#at) throw new RangeError('message ends within a field');
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return bytes;
  }

  skip(wireType: number): void {
    if (wireType === 0) this.varint();
    else if (wireType === 2) this.bytes();
    else if (wireType === 1 || wireType === 5) this.#at += wireType === 1 ? 8 : 4;
    else throw new RangeError(`wire type ${wireType} is unknown`);
    if (this.#at > this.#bytes.length) throw new RangeError('message ends within a field');
  }
}
