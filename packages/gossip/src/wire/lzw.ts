/*
 * LZW as in GIF: 8-bit literals, codes of 9 to 12 bits packed from the lowest bit up, 256 clears the dictionary, 257
 * ends. A code grows by one bit after the one that fills the current width, not one earlier as in TIFF.
 */

const CLEAR = 256;
const END = 257;
const MIN_WIDTH = 9;
const MAX_WIDTH = 12;
const MAX_CODES = 1 << MAX_WIDTH;

/** Most slots of the encoder's hash table: four for each code there can be. A power of two. */
const MAX_SLOTS = 4 * MAX_CODES;
/** A slot holds the 20 bits of (prefix code, byte) and the 12 bits of their code; 0 is free. Cleared before each use. */
const table = new Int32Array(MAX_SLOTS);
/** For inputs of the size of a datagram: clearing the large one costs more than compressing them. */
const MIN_SLOTS = 1024;

/** Of datagrams and most else; larger output gets a buffer of its own, which is not kept. */
const SCRATCH_BYTES = 65_536;
const compressed = new Uint8Array(SCRATCH_BYTES);

/**
 * Compresses byte for byte as the real agents do: begins with a clear, clears again instead of using code 4095, ends
 * with an end code and zero bits.
 * @returns a view, valid until the next call
 */
export function compressLzw(input: Uint8Array): Uint8Array {
  const most = maxCompressedBytes(input.length);
  const output = most <= SCRATCH_BYTES ? compressed : new Uint8Array(most);
  const inputBytes = input.length;
  let size = MIN_SLOTS;
  while (size < MAX_SLOTS && size < 2 * inputBytes) size *= 2;
  const slots = table;
  const mask = size - 1;
  slots.fill(0, 0, size);
  // The opening clear stands in the bit buffer.
  let bits = CLEAR;
  let bitCount = MIN_WIDTH;
  let width = MIN_WIDTH;
  let next = END;
  let length = 0;
  // One turn more than there are bytes: the last writes the code that is still open. No helper functions here: variables
  // that closures share are several times slower.
  let prefix = inputBytes > 0 ? (input[0] as number) : -1;
  for (let i = 1; prefix !== -1 && i <= inputBytes; i += 1) {
    const byte = i < inputBytes ? (input[i] as number) : -1;
    let slot = 0;
    let key = 0;
    if (byte !== -1) {
      key = (prefix << 8) | byte;
      slot = (key ^ (key >> 12)) & mask;
      let entry = slots[slot] as number;
      while (entry !== 0 && entry >>> MAX_WIDTH !== key) {
        slot = (slot + 1) & mask;
        entry = slots[slot] as number;
      }
      if (entry !== 0) {
        prefix = entry & (MAX_CODES - 1);
        continue;
      }
    }
    bits |= prefix << bitCount;
    bitCount += width;
    prefix = byte;
    next += 1;
    if (next === 1 << width) width += 1;
    if (next < MAX_CODES - 1) {
      slots[slot] = (key << MAX_WIDTH) | next;
    } else {
      bits |= CLEAR << bitCount;
      bitCount += width;
      width = MIN_WIDTH;
      next = END;
      slots.fill(0, 0, size);
    }
    while (bitCount >= 8) {
      output[length++] = bits & 0xff;
      bits >>>= 8;
      bitCount -= 8;
    }
  }
  bits |= END << bitCount;
  bitCount += width;
  while (bitCount > 0) {
    output[length++] = bits & 0xff;
    bits >>>= 8;
    bitCount -= 8;
  }
  return output.subarray(0, length);
}

/** Every byte a code of 12 bits, and a clear for every few thousand. */
function maxCompressedBytes(inputBytes: number): number {
  return Math.ceil((inputBytes + Math.ceil(inputBytes / 3000) + 3) * (MAX_WIDTH / 8)) + 1;
}

/** The single bytes stand in front of all output, so that they are expanded like every other code. */
const LITERALS = 256;
/** As most expansions are short, so many bytes are copied at once, wanted or not. */
const STRIDE = 4;
const expanded = newOutput(SCRATCH_BYTES);

/** Where the expansion of each code stands in the output. Valid for codes below the decoder's `next` only. */
const starts = Int32Array.from({ length: MAX_CODES }, (_, code) => code);
const lengths = new Int32Array(MAX_CODES).fill(1);

function newOutput(bytes: number): Uint8Array {
  const output = new Uint8Array(LITERALS + bytes + STRIDE);
  for (let byte = 0; byte < LITERALS; byte += 1) output[byte] = byte;
  return output;
}

/**
 * Expands. A leading clear is not needed, an end code is; bytes after it are ignored.
 * @param limitBytes - most output; nothing beyond it is ever handed out
 * @param reuse - whether the output may be a view that is valid until the next call of that kind. Default: it is a copy
 * @returns why not: `broken` (an impossible code, or no end) or `too-large`
 */
export function decompressLzw(
  input: Uint8Array,
  limitBytes: number,
  reuse = false,
): Uint8Array | 'broken' | 'too-large' {
  const inputBytes = input.length;
  let output = reuse ? expanded : newOutput(Math.min(limitBytes, Math.max(256, 4 * inputBytes)));
  const end = LITERALS + limitBytes;
  let room = Math.min(end, output.length - STRIDE);
  let length = LITERALS;
  let at = 0;
  let bits = 0;
  let bitCount = 0;
  let width = MIN_WIDTH;
  /** The code that the next entry gets. */
  let next = END;
  /** The expansion before this one; the entry to come is that and one byte more. Length 0: there is none. */
  let lastStart = 0;
  let lastLength = 0;

  for (;;) {
    while (bitCount < width) {
      if (at === inputBytes) return 'broken';
      bits |= (input[at++] as number) << bitCount;
      bitCount += 8;
    }
    const code = bits & ((1 << width) - 1);
    bits >>>= width;
    bitCount -= width;

    if (code === CLEAR) {
      width = MIN_WIDTH;
      next = END;
      lastLength = 0;
      continue;
    }
    if (code === END) return reuse ? output.subarray(LITERALS, length) : output.slice(LITERALS, length);

    if (lastLength > 0) {
      // Entered before its last byte is written: the code may be that of this very entry.
      starts[next] = lastStart;
      lengths[next] = lastLength + 1;
    } else if (code > END && (next < MAX_CODES - 1 || code > next)) {
      return 'broken';
    }
    if (code > next) return 'broken';
    const size = lengths[code] as number;
    const start = starts[code] as number;
    if (length + size > room) {
      if (length + size > end) return 'too-large';
      const grown = newOutput(Math.min(limitBytes, 2 * (length + size)));
      grown.set(output.subarray(0, length));
      output = grown;
      room = Math.min(end, output.length - STRIDE);
    }
    // Forward byte by byte: source and target may overlap.
    output[length] = output[start] as number;
    output[length + 1] = output[start + 1] as number;
    output[length + 2] = output[start + 2] as number;
    output[length + 3] = output[start + 3] as number;
    for (let i = STRIDE; i < size; i += 1) output[length + i] = output[start + i] as number;
    lastStart = length;
    lastLength = size;
    length += size;
    next += 1;
    if (next === 1 << width) {
      if (width < MAX_WIDTH) {
        width += 1;
      } else {
        // The dictionary is full and stays as it is.
        next = MAX_CODES - 1;
        lastLength = 0;
      }
    }
  }
}
