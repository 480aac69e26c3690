import type { MsgpackReader } from './msgpack-reader.js';
import { encodeText } from './text.js';

/** A message while its fields are being read. */
export type Draft<T> = { -readonly [K in keyof T]: T[K] };

/** Reads the value of one field into the draft. */
export type FieldReader<T> = (draft: T, reader: MsgpackReader) => void;

interface Field<T> {
  readonly key: Uint8Array;
  readonly read: FieldReader<T>;
}

/**
 * How a Go struct is read: a map by exact field name in any order, with unknown names skipped and missing ones left at
 * their zero; a list in the order of declaration; nil as all zero.
 */
export class StructReader<T> {
  readonly #zero: () => T;
  readonly #declared: readonly Field<T>[];
  /** In the order in which the real agents write. */
  readonly #sorted: readonly Field<T>[];

  /**
   * @param zero - a fresh draft
   * @param fields - by wire name, in the order of declaration
   */
  constructor(zero: () => T, fields: Readonly<Record<string, FieldReader<T>>>) {
    this.#zero = zero;
    this.#declared = Object.entries(fields).map(([name, read]) => ({ key: encodeText(name), read }));
    this.#sorted = [...this.#declared].sort((a, b) => Buffer.compare(a.key, b.key));
  }

  /** What was read up to the failure, if the reader has one. */
  read(reader: MsgpackReader): T {
    const draft = this.#zero();
    if (reader.nil()) return draft;
    if (reader.isArray()) this.#readList(draft, reader);
    else this.#readMap(draft, reader);
    return draft;
  }

  #readMap(draft: T, reader: MsgpackReader): void {
    const entries = reader.map();
    let expected = 0;
    for (let i = 0; i < entries && reader.failure === undefined; i += 1) {
      const index = this.#fieldAt(reader, reader.key(), expected);
      if (index === -1) {
        reader.skip();
      } else {
        (this.#sorted[index] as Field<T>).read(draft, reader);
        expected = index + 1;
      }
    }
  }

  /** Index of the field whose key was just read. Written in order, it is the expected one. */
  #fieldAt(reader: MsgpackReader, keyLength: number, expected: number): number {
    const count = this.#sorted.length;
    for (let step = 0; step < count; step += 1) {
      const index = (expected + step) % count;
      const { key } = this.#sorted[index] as Field<T>;
      if (key.length === keyLength && reader.keyIs(key)) return index;
    }
    return -1;
  }

  #readList(draft: T, reader: MsgpackReader): void {
    const items = reader.array();
    for (let i = 0; i < items && reader.failure === undefined; i += 1) {
      const field = this.#declared[i];
      if (field === undefined) reader.skip();
      else field.read(draft, reader);
    }
  }
}

/** A list of which `read` reads the items; nil is none. */
export function readList<T>(reader: MsgpackReader, read: () => T): readonly T[] {
  const items: T[] = [];
  const count = reader.array();
  for (let i = 0; i < count && reader.failure === undefined; i += 1) items.push(read());
  return items;
}

/** A field name as it stands on the wire, to be written raw. Names have fewer than 32 bytes. */
export function fieldName(name: string): Uint8Array {
  const text = encodeText(name);
  const bytes = new Uint8Array(1 + text.length);
  bytes[0] = 0xa0 | text.length;
  bytes.set(text, 1);
  return bytes;
}
