import { gossipError } from '../errors.js';
import { MsgpackReader } from './msgpack-reader.js';
import { MsgpackWriter } from './msgpack-writer.js';
import { decodeText } from './text.js';

/** Marks tags in the metadata of a node. */
const MAGIC = 0xff;
/** Most metadata a node may have. */
export const MAX_META_BYTES = 512;
/** More than this is no honest set of tags. */
const MAX_TAGS = 64;

const writer = new MsgpackWriter();

/**
 * Tags as node metadata, in the order of their names.
 * @throws GOSSIP_TAGS_TOO_LARGE beyond 512 bytes
 */
export function encodeTags(tags: Readonly<Record<string, string>>): Uint8Array {
  writer.clear();
  writer.byte(MAGIC);
  writeTags(writer, tags);
  const bytes = writer.take();
  if (bytes.length <= MAX_META_BYTES) return bytes;
  throw gossipError(
    { code: 'GOSSIP_TAGS_TOO_LARGE', bytes: bytes.length },
    `Encoded length of tags exceeds limit of ${MAX_META_BYTES} bytes`,
  );
}

/**
 * Tags in node metadata. Metadata that is no map is the role alone, as in serf protocol 2; the empty one a role of `''`.
 * @returns `undefined` when it is broken or beyond the limits
 */
export function decodeTags(meta: Uint8Array): Readonly<Record<string, string>> | undefined {
  if (meta.length > MAX_META_BYTES) return undefined;
  if (meta[0] !== MAGIC) return { role: decodeText(meta) };
  const reader = new MsgpackReader(meta, 1);
  const tags = readTags(reader);
  return reader.failure === undefined ? tags : undefined;
}

export function writeTags(target: MsgpackWriter, tags: Readonly<Record<string, string>>): void {
  const names = Object.keys(tags).sort();
  target.map(names.length);
  for (const name of names) target.text(name).text(tags[name] as string);
}

export function readTags(reader: MsgpackReader): Readonly<Record<string, string>> {
  const count = reader.map();
  if (count > MAX_TAGS) reader.fail('too-large');
  const entries: [string, string][] = [];
  for (let i = 0; i < count && reader.failure === undefined; i += 1) entries.push([reader.text(), reader.text()]);
  // Not by assignment: `__proto__` is a name like any other.
  return Object.fromEntries(entries);
}
