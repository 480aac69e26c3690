import type { Cursor } from './cursor.js';
import { syntaxError } from './document.js';
import type { Position } from './document.js';

const NAMED: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};
const NUMERIC: Readonly<Record<string, RegExp>> = { x: /[0-9a-fA-F]{2}/y, u: /[0-9a-fA-F]{4}/y, U: /[0-9a-fA-F]{8}/y };
const MAX_CODE_POINT = 0x10ffff;

/** Reads a quoted string; the cursor stands on the opening quote. Text inside `${…}` is kept as it is. */
export function readQuoted(cursor: Cursor): string {
  const start = cursor.position();
  cursor.offset += 1;
  let text = '';
  for (;;) {
    const char = cursor.peek();
    if (char === '' || char === '\n') throw syntaxError(start, 'literal not terminated');
    if (char === '"') {
      cursor.offset += 1;
      return text;
    }
    if (char === '$' && cursor.peek(1) === '{') text += readInterpolation(cursor, start);
    else if (char === '\\') text += readEscape(cursor);
    else {
      text += char;
      cursor.offset += 1;
    }
  }
}

/** A template such as `${attr.x}` with balanced braces; quotes inside it do not end the string. */
function readInterpolation(cursor: Cursor, start: Position): string {
  const from = cursor.offset;
  let depth = 0;
  do {
    const char = cursor.peek();
    if (char === '') throw syntaxError(start, 'literal not terminated');
    if (char === '{') depth += 1;
    else if (char === '}') depth -= 1;
    cursor.offset += 1;
  } while (depth > 0 || cursor.offset === from + 1);
  return cursor.text.slice(from, cursor.offset);
}

function readEscape(cursor: Cursor): string {
  const at = cursor.position();
  const letter = cursor.peek(1);
  cursor.offset += 2;
  const named = NAMED[letter];
  if (named !== undefined) return named;
  const pattern = NUMERIC[letter];
  if (pattern !== undefined) {
    const point = Number.parseInt(cursor.take(pattern) ?? '', 16);
    if (!(point <= MAX_CODE_POINT)) throw syntaxError(at, 'illegal char escape');
    return String.fromCodePoint(point);
  }
  cursor.offset -= 1;
  const octal = cursor.take(/[0-3][0-7]{2}/y);
  if (octal === undefined) throw syntaxError(at, 'illegal char escape');
  return String.fromCharCode(Number.parseInt(octal, 8));
}

/** Reads `<<MARK … MARK`; with `<<-` the indentation of the closing mark is taken off every line. */
export function readHeredoc(cursor: Cursor): string {
  const start = cursor.position();
  const opening = /^<<(-?)([A-Za-z_][\w-]*)\r?\n/.exec(cursor.text.slice(cursor.offset, cursor.offset + 256));
  if (opening === null) throw syntaxError(start, 'heredoc anchor expected');
  cursor.offset += opening[0].length;
  const [, dash, mark] = opening;
  const lines: string[] = [];
  while (!cursor.done) {
    const end = cursor.text.indexOf('\n', cursor.offset);
    const line = cursor.text.slice(cursor.offset, end === -1 ? undefined : end);
    if (line.trim() === mark) {
      // The line's end stays: it ends the entry.
      cursor.offset += line.length;
      return (dash === '-' ? dedent(lines, /^\s*/.exec(line)?.[0] ?? '') : lines).map((text) => `${text}\n`).join('');
    }
    if (end === -1) break;
    lines.push(line);
    cursor.offset = end + 1;
  }
  throw syntaxError(start, 'heredoc not terminated');
}

/** Only when every line has the indentation; otherwise the text is left alone. */
function dedent(lines: readonly string[], indent: string): readonly string[] {
  const all = lines.every((line) => line === '' || line.startsWith(indent));
  return all ? lines.map((line) => line.slice(Math.min(indent.length, line.length))) : lines;
}
