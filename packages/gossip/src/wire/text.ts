import { isUtf8 } from 'node:buffer';

/*
 * Strings on the wire are bytes that are mostly, but not always, UTF-8. Here valid UTF-8 becomes ordinary text and every
 * other byte 0x80-0xff a lone surrogate U+DC80-U+DCFF, which no valid UTF-8 decodes to. Both directions are exact, so a
 * name can be a key of a map and goes out again byte for byte.
 */

const ESCAPE = 0xdc00;
/** Up to here a loop is faster than crossing into native code. */
const SHORT = 24;

/** Text of `bytes` from `start` to before `end`. Lossless for any bytes. */
export function decodeText(bytes: Uint8Array, start = 0, end = bytes.length): string {
  if (end - start <= SHORT) {
    let text = '';
    let i = start;
    for (; i < end; i += 1) {
      const byte = bytes[i] as number;
      if (byte >= 0x80) break;
      text += String.fromCharCode(byte);
    }
    if (i === end) return text;
  }
  const slice = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
  return isUtf8(slice) ? slice.toString('utf8') : decodeBroken(slice);
}

function decodeBroken(bytes: Buffer): string {
  let text = '';
  for (let i = 0; i < bytes.length; ) {
    const length = sequenceLength(bytes[i] as number);
    if (length > 0 && i + length <= bytes.length && isUtf8(bytes.subarray(i, i + length))) {
      text += bytes.toString('utf8', i, i + length);
      i += length;
    } else {
      text += String.fromCharCode(ESCAPE + (bytes[i] as number));
      i += 1;
    }
  }
  return text;
}

/** Length of the UTF-8 sequence that `lead` may start; 0 when it starts none. */
function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) return 3;
  return lead < 0xf5 ? 4 : 0;
}

/** Bytes that `text` takes on the wire. */
export function textByteLength(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) length += 1;
    else if (unit < 0x800) length += 2;
    else if (isPair(unit, text, i)) {
      length += 4;
      i += 1;
    } else length += isEscape(unit) ? 1 : 3;
  }
  return length;
}

/**
 * Writes `text` into `target` at `offset`, where {@link textByteLength} bytes must be free. Surrogates that stand for no
 * byte become U+FFFD; no decoded text holds any.
 * @returns the offset after the text
 */
export function writeText(text: string, target: Uint8Array, offset: number): number {
  let at = offset;
  for (let i = 0; i < text.length; i += 1) {
    let unit = text.charCodeAt(i);
    if (unit < 0x80) target[at++] = unit;
    else if (unit < 0x800) {
      target[at++] = 0xc0 | (unit >> 6);
      target[at++] = 0x80 | (unit & 0x3f);
    } else if (isPair(unit, text, i)) {
      const point = text.codePointAt(i) as number;
      i += 1;
      target[at++] = 0xf0 | (point >> 18);
      target[at++] = 0x80 | ((point >> 12) & 0x3f);
      target[at++] = 0x80 | ((point >> 6) & 0x3f);
      target[at++] = 0x80 | (point & 0x3f);
    } else if (isEscape(unit)) target[at++] = unit - ESCAPE;
    else {
      if (unit >= 0xd800 && unit <= 0xdfff) unit = 0xfffd;
      target[at++] = 0xe0 | (unit >> 12);
      target[at++] = 0x80 | ((unit >> 6) & 0x3f);
      target[at++] = 0x80 | (unit & 0x3f);
    }
  }
  return at;
}

/** Bytes of `text`, the inverse of {@link decodeText}. */
export function encodeText(text: string): Uint8Array {
  const bytes = new Uint8Array(textByteLength(text));
  writeText(text, bytes, 0);
  return bytes;
}

/** Whether `text` came from bytes that are valid UTF-8. */
export function isValidText(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0xd800 || unit > 0xdfff) continue;
    if (!isPair(unit, text, i)) return false;
    i += 1;
  }
  return true;
}

function isEscape(unit: number): boolean {
  return unit >= 0xdc80 && unit <= 0xdcff;
}

function isPair(unit: number, text: string, at: number): boolean {
  if (unit < 0xd800 || unit > 0xdbff) return false;
  const next = text.charCodeAt(at + 1); // NaN past the end
  return next >= 0xdc00 && next <= 0xdfff;
}
