/** Longest line, bytes: above any row that an engine takes. */
const MAX_LINE_BYTES = 300 * 1_024 * 1_024;
const NEWLINE = 10;

/**
 * Splits a stream into lines, without their ends.
 * @param fail - makes the error for a line that is too long, or has no end
 */
export async function* readLines(
  input: AsyncIterable<Uint8Array>,
  fail: (reason: string) => Error,
): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of input) {
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      yield Buffer.concat([...parts, rest.subarray(0, end)]);
      parts = [];
      length = 0;
      rest = rest.subarray(end + 1);
    }
    parts.push(rest);
    length += rest.length;
    if (length > MAX_LINE_BYTES) throw fail('a line is too long');
  }
  if (length > 0) throw fail('it is cut short');
}
