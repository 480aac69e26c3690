/*
 * LZW as in GIF: 8-bit literals, codes of 9 to 12 bits packed from the lowest bit up, 256 clears the dictionary, 257
 * ends. A code grows by one bit after the one that fills the current width, not one earlier as in TIFF.
 */

const CLEAR = 256;
const END = 257;
const MIN_WIDTH = 9;
const MAX_WIDTH = 12;
const MAX_CODES = 1 << MAX_WIDTH;

/** Slots of the encoder's hash table: four for each code there can be. A power of two. */
const SLOTS = 4 * MAX_CODES;
/** A slot holds the 20 bits of (prefix code, byte) and the 12 bits of their code; 0 is free. Cleared before each use. */
const slots = new Int32Array(SLOTS);

/**
 * Compresses byte for byte as the real agents do: begins with a clear, clears again instead of using code 4095, ends
 * with an end code and zero bits.
 */
export function compressLzw(input: Uint8Array): Uint8Array {
  const output = new Uint8Array(maxCompressedBytes(input.length));
  let length = 0;
  let bits = 0;
  let bitCount = 0;
  let width = MIN_WIDTH;
  let next = END;

  const emit = (code: number): void => {
    bits |= code << bitCount;
    bitCount += width;
    while (bitCount >= 8) {
      output[length++] = bits & 0xff;
      bits >>>= 8;
      bitCount -= 8;
    }
  };
  /** Counts the code just written. @returns whether the dictionary has room for one more */
  const advance = (): boolean => {
    next += 1;
    if (next === 1 << width) width += 1;
    if (next < MAX_CODES - 1) return true;
    emit(CLEAR);
    width = MIN_WIDTH;
    next = END;
    slots.fill(0);
    return false;
  };

  slots.fill(0);
  emit(CLEAR);
  if (input.length > 0) {
    let prefix = input[0] as number;
    for (let i = 1; i < input.length; i += 1) {
      const byte = input[i] as number;
      const key = (prefix << 8) | byte;
      let slot = (key ^ (key >> 12)) & (SLOTS - 1);
      let entry = slots[slot] as number;
      while (entry !== 0 && entry >>> MAX_WIDTH !== key) {
        slot = (slot + 1) & (SLOTS - 1);
        entry = slots[slot] as number;
      }
      if (entry !== 0) {
        prefix = entry & (MAX_CODES - 1);
        continue;
      }
      emit(prefix);
      prefix = byte;
      if (advance()) slots[slot] = (key << MAX_WIDTH) | next;
    }
    emit(prefix);
    advance();
  }
  emit(END);
  if (bitCount > 0) output[length++] = bits & 0xff;
  return output.slice(0, length);
}

/** Every byte a code of 12 bits, and a clear for every few thousand. */
function maxCompressedBytes(inputBytes: number): number {
  return Math.ceil((inputBytes + Math.ceil(inputBytes / 3000) + 3) * (MAX_WIDTH / 8)) + 1;
}

/** Where the expansion of each code stands in the output. Valid for codes below the decoder's `next` only. */
const starts = new Int32Array(MAX_CODES);
const lengths = new Int32Array(MAX_CODES);

/**
 * Expands. A leading clear is not needed, an end code is; bytes after it are ignored.
 * @param limitBytes - most output; nothing beyond it is ever produced
 * @returns why not: `broken` (an impossible code, or no end) or `too-large`
 */
export function decompressLzw(input: Uint8Array, limitBytes: number): Uint8Array | 'broken' | 'too-large' {
  let output = new Uint8Array(Math.min(limitBytes, Math.max(256, 4 * input.length)));
  let length = 0;
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
      if (at === input.length) return 'broken';
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
    if (code === END) return output.slice(0, length);

    if (lastLength > 0) {
      // Entered before its last byte is written: the code may be that of this very entry.
      starts[next] = lastStart;
      lengths[next] = lastLength + 1;
    } else if (code > END && (next < MAX_CODES - 1 || code > next)) {
      return 'broken';
    }
    if (code > next) return 'broken';
    const size = code < CLEAR ? 1 : (lengths[code] as number);
    if (length + size > output.length) {
      if (length + size > limitBytes) return 'too-large';
      const grown = new Uint8Array(Math.min(limitBytes, 2 * (length + size)));
      grown.set(output.subarray(0, length));
      output = grown;
    }
    if (code < CLEAR) {
      output[length] = code;
    } else {
      const start = starts[code] as number;
      // Forward byte by byte: source and target may overlap.
      for (let i = 0; i < size; i += 1) output[length + i] = output[start + i] as number;
    }
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
