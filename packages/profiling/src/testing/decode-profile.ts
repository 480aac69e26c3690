import { gunzipSync } from 'node:zlib';

/** A stack as a test wants to see it: `function file:line`, innermost first. */
export interface DecodedSample {
  readonly stack: readonly string[];
  readonly functions: readonly string[];
  readonly values: readonly number[];
  readonly labels: Readonly<Record<string, string>>;
}

export interface DecodedProfile {
  /** `type/unit`. */
  readonly sampleTypes: readonly string[];
  readonly periodType: string;
  readonly period: number;
  readonly defaultSampleType: string;
  readonly timeNanos: number;
  readonly durationNanos: number;
  readonly comments: readonly string[];
  readonly mappings: readonly string[];
  readonly samples: readonly DecodedSample[];
  readonly firstString: string;
  readonly addresses: readonly number[];
}

type Field = readonly [number: number, value: number | Uint8Array];

/** Reads a message of the protocol buffers wire format: field numbers with integers or bytes. */
function fieldsOf(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at];
      if (byte === undefined) throw new Error('a message stops within a number');
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(BigInt.asIntN(64, value));
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const kind = tag & 7;
    if (kind === 0) fields.push([tag >> 3, varint()]);
    else if (kind === 2) {
      const length = varint();
      if (at + length > bytes.length) throw new Error('a message stops within a field');
      fields.push([tag >> 3, bytes.subarray(at, at + length)]);
      at += length;
    } else throw new Error(`unexpected wire type ${kind}`);
  }
  return fields;
}

const messages = (fields: readonly Field[], number: number): Uint8Array[] =>
  fields.filter(([each]) => each === number).map(([, value]) => value as Uint8Array);

const numbers = (fields: readonly Field[], number: number): number[] =>
  fields
    .filter(([each]) => each === number)
    .flatMap(([, value]) => (typeof value === 'number' ? [value] : packed(value)));

const one = (fields: readonly Field[], number: number): number => numbers(fields, number)[0] ?? 0;

/** A packed list is a message without tags; give each number one. */
function packed(bytes: Uint8Array): number[] {
  const tagged: number[] = [];
  let start = true;
  for (const byte of bytes) {
    if (start) tagged.push(8);
    tagged.push(byte);
    start = byte < 0x80;
  }
  return fieldsOf(Uint8Array.from(tagged)).map(([, value]) => value as number);
}

/** Decodes a gzipped profile.proto, by the published schema and without the library that wrote it. */
export function decodeProfile(bytes: Uint8Array): DecodedProfile {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) throw new Error('not gzip');
  const profile = fieldsOf(gunzipSync(bytes));
  const strings = messages(profile, 6).map((text) => Buffer.from(text).toString());
  const text = (index: number): string => {
    const found = strings[index];
    if (found === undefined) throw new Error(`no string ${index}`);
    return found;
  };
  const type = (message: Uint8Array): string => {
    const fields = fieldsOf(message);
    return `${text(one(fields, 1))}/${text(one(fields, 2))}`;
  };
  const functions = new Map(
    messages(profile, 5).map((message) => {
      const fields = fieldsOf(message);
      return [one(fields, 1), { name: text(one(fields, 2)), file: text(one(fields, 4)) }];
    }),
  );
  const addresses: number[] = [];
  const locations = new Map(
    messages(profile, 4).map((message) => {
      const fields = fieldsOf(message);
      addresses.push(one(fields, 3));
      if (one(fields, 1) === 0 || one(fields, 2) !== 1) throw new Error('a location without id or mapping');
      const [line] = messages(fields, 4).map(fieldsOf);
      const where = functions.get(one(line ?? [], 1));
      if (line === undefined || where === undefined) throw new Error('a location without a function');
      return [one(fields, 1), { name: where.name, place: `${where.name} ${where.file}:${one(line, 2)}` }];
    }),
  );
  const samples = messages(profile, 2).map((message): DecodedSample => {
    const fields = fieldsOf(message);
    const stack = numbers(fields, 1).map((id) => {
      const location = locations.get(id);
      if (location === undefined) throw new Error(`no location ${id}`);
      return location;
    });
    const labels = messages(fields, 3).map(fieldsOf);
    return {
      stack: stack.map(({ place }) => place),
      functions: stack.map(({ name }) => name),
      values: numbers(fields, 2),
      labels: Object.fromEntries(labels.map((label) => [text(one(label, 1)), text(one(label, 2))])),
    };
  });
  return {
    sampleTypes: messages(profile, 1).map(type),
    periodType: messages(profile, 11).map(type).join(),
    period: one(profile, 12),
    defaultSampleType: text(one(profile, 14)),
    timeNanos: one(profile, 9),
    durationNanos: one(profile, 10),
    comments: numbers(profile, 13).map(text),
    mappings: messages(profile, 3).map((message) => text(one(fieldsOf(message), 5))),
    samples,
    firstString: text(0),
    addresses,
  };
}

/** Sum of one value over all samples whose stack passes. */
export function totalOf(
  profile: DecodedProfile,
  type: number,
  passes: (sample: DecodedSample) => boolean = () => true,
): number {
  return profile.samples.filter(passes).reduce((sum, sample) => sum + (sample.values[type] ?? 0), 0);
}
