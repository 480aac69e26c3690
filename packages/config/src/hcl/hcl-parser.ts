import { Cursor } from './cursor.js';
import type { HclEntry, HclObject, HclValue } from './document.js';
import { MAX_DEPTH, MAX_SOURCE_LENGTH, syntaxError } from './document.js';
import { parseJsonDocument } from './json-parser.js';
import { readHeredoc, readQuoted } from './string-literal.js';

/**
 * Parses a configuration text: HCL version 1, or its JSON equivalent when the text starts with a brace.
 * @throws HCL_SYNTAX with line and column
 */
export function parseHcl(text: string): HclObject {
  const source = text.startsWith('\ufeff') ? text.slice(1) : text;
  if (source.length > MAX_SOURCE_LENGTH) {
    throw syntaxError({ line: 1, column: 1 }, `text is longer than ${MAX_SOURCE_LENGTH} characters`);
  }
  return /^\s*\{/.test(source) ? parseJsonDocument(source) : new HclParser(source).parse();
}

const BLANK = /(?:[ \t\r\n]+|#[^\n]*|\/\/[^\n]*|\/\*[^]*?\*\/)+/y;
const IDENTIFIER = /[\p{L}_][\p{L}\p{N}_.-]*/uy;
const NUMBER = /-?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+)/y;

class HclParser {
  readonly #cursor: Cursor;
  #depth = 0;

  constructor(text: string) {
    this.#cursor = new Cursor(text);
  }

  parse(): HclObject {
    const at = this.#cursor.position();
    const entries = this.#entries(true);
    return { kind: 'object', entries, at };
  }

  /** Entries up to the closing brace, which is left to the caller, or to the end of the text. */
  #entries(top: boolean): readonly HclEntry[] {
    const cursor = this.#cursor;
    const entries: HclEntry[] = [];
    for (;;) {
      this.#skip();
      if (cursor.done) {
        if (!top) throw syntaxError(cursor.position(), 'object expected closing RBRACE got: EOF');
        return entries;
      }
      if (cursor.peek() === '}' && !top) return entries;
      entries.push(this.#entry());
      this.#skip();
      if (cursor.peek() === ',') cursor.offset += 1;
    }
  }

  #entry(): HclEntry {
    const cursor = this.#cursor;
    const at = cursor.position();
    const keys = [this.#key()];
    for (;;) {
      this.#skip();
      const char = cursor.peek();
      if (char === '=') {
        if (keys.length > 1) throw syntaxError(cursor.position(), 'nested object expected: LBRACE got: ASSIGN');
        cursor.offset += 1;
        this.#skip();
        return { key: keys[0] ?? '', labels: [], value: this.#value(), at };
      }
      if (char === '{') {
        const [key = '', ...labels] = keys;
        return { key, labels, value: this.#object(), at };
      }
      if (char === '')
        throw syntaxError(
          cursor.position(),
          `key '${keys.join(' ')}' expected start of object ('{') or assignment ('=')`,
        );
      keys.push(this.#key());
    }
  }

  #key(): string {
    const cursor = this.#cursor;
    if (cursor.peek() === '"') return readQuoted(cursor);
    const identifier = cursor.take(IDENTIFIER);
    if (identifier !== undefined) return identifier;
    const number = cursor.take(NUMBER);
    if (number !== undefined) return number;
    throw syntaxError(cursor.position(), `expected a key, got: ${describe(cursor.peek())}`);
  }

  #value(): HclValue {
    const cursor = this.#cursor;
    const at = cursor.position();
    const char = cursor.peek();
    if (char === '"') return { kind: 'string', text: readQuoted(cursor), at };
    if (char === '{') return this.#object();
    if (char === '[') return this.#list();
    if (cursor.startsWith('<<')) return { kind: 'string', text: readHeredoc(cursor), at };
    const word = cursor.take(IDENTIFIER);
    if (word === 'true' || word === 'false') return { kind: 'bool', value: word === 'true', at };
    if (word !== undefined) throw syntaxError(at, `unknown value: ${word} (strings need quotes)`);
    const number = cursor.take(NUMBER);
    if (number === undefined) throw syntaxError(at, `expected a value, got: ${describe(char)}`);
    return { kind: 'number', value: parseNumber(number), text: number, at };
  }

  #object(): HclObject {
    const cursor = this.#cursor;
    const at = cursor.position();
    this.#enter();
    cursor.offset += 1;
    const entries = this.#entries(false);
    cursor.offset += 1;
    this.#depth -= 1;
    return { kind: 'object', entries, at };
  }

  #list(): HclValue {
    const cursor = this.#cursor;
    const at = cursor.position();
    this.#enter();
    cursor.offset += 1;
    const items: HclValue[] = [];
    for (;;) {
      this.#skip();
      if (cursor.peek() === ']') break;
      if (cursor.done) throw syntaxError(at, 'list expected closing RBRACK got: EOF');
      items.push(this.#value());
      this.#skip();
      if (cursor.peek() === ',') cursor.offset += 1;
      else if (cursor.peek() !== ']')
        throw syntaxError(
          cursor.position(),
          `error parsing list, expected comma or list end, got: ${describe(cursor.peek())}`,
        );
    }
    cursor.offset += 1;
    this.#depth -= 1;
    return { kind: 'list', items, at };
  }

  #enter(): void {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw syntaxError(this.#cursor.position(), `nested deeper than ${MAX_DEPTH} levels`);
  }

  #skip(): void {
    this.#cursor.take(BLANK);
    if (this.#cursor.startsWith('/*')) throw syntaxError(this.#cursor.position(), 'comment not terminated');
  }
}

const describe = (char: string): string => (char === '' ? 'EOF' : JSON.stringify(char));

/** Decimal, `0x` hexadecimal, or with a leading zero octal. */
function parseNumber(text: string): number {
  const digits = text.replace('-', '');
  const value = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return text.startsWith('-') ? -value : value;
}
