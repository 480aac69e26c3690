import { compressLzw, decompressLzw } from './lzw.js';
import { MEMBERLIST_TYPE } from './memberlist-codec.js';
import type { MsgpackReader } from './msgpack-reader.js';
import { MsgpackWriter } from './msgpack-writer.js';
import { StructReader, fieldName } from './struct.js';
import { rejected } from './wire-rejection.js';
import type { WireRejection } from './wire-rejection.js';

/** The only algorithm there is. */
const LZW = 0;
const ALGO = fieldName('Algo');
const BUF = fieldName('Buf');
const NO_BYTES = new Uint8Array(0);

const writer = new MsgpackWriter();

/**
 * `bytes` as a compressed message, or as they are when that is not smaller.
 * @returns a view, valid until the next call
 */
export function compressIfSmaller(bytes: Uint8Array): Uint8Array {
  writer.clear();
  writer.byte(MEMBERLIST_TYPE.compress).map(2).raw(ALGO).uint(LZW).raw(BUF).bytes(compressLzw(bytes));
  return writer.length < bytes.length ? writer.view() : bytes;
}

const bodyReader = new StructReader<{ algorithm: number; buffer: Uint8Array }>(
  () => ({ algorithm: LZW, buffer: NO_BYTES }),
  {
    Algo: (draft, reader) => (draft.algorithm = reader.uint8()),
    Buf: (draft, reader) => (draft.buffer = reader.bytesView()),
  },
);

/**
 * Reads the body of a compressed message. Look at the reader's failure first.
 * @param limitBytes - most output
 * @param reuse - as {@link decompressLzw} has it
 */
export function decompressBody(reader: MsgpackReader, limitBytes: number, reuse = false): Uint8Array | WireRejection {
  const { algorithm, buffer } = bodyReader.read(reader);
  if (reader.failure !== undefined) return rejected(reader.failure);
  if (algorithm !== LZW) return rejected('compression');
  const output = decompressLzw(buffer, limitBytes, reuse);
  if (output === 'broken') return rejected('compression');
  return output === 'too-large' ? rejected('too-large') : output;
}
