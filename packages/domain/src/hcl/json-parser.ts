import { Cursor } from './cursor.js';
import type { HclEntry, HclObject, HclValue } from './document.js';
import { MAX_DEPTH, syntaxError } from './document.js';

const BLANK = /[ \t\r\n]+/y;
// JSON strings may not hold raw control characters.
// oxlint-disable-next-line no-control-regex
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;

export interface JsonDocumentOptions {
  /**
   * Accepts what the reference's JSON reader lets through: a comma after the last item, closing brackets missing at the end of
   * the text, and text after the document. Default false.
   */
  readonly laxJson?: boolean;
}

/** Parses JSON into the same tree as HCL, with positions, which `JSON.parse` does not give. @throws HCL_SYNTAX */
export function parseJsonDocument(text: string, { laxJson = false }: JsonDocumentOptions = {}): HclObject {
  const parser = new JsonParser(text, laxJson);
  const value = parser.value();
  if (!laxJson) parser.end();
  if (value.kind !== 'object') throw syntaxError(value.at, 'expected an object');
  return value;
}

class JsonParser {
  readonly #cursor: Cursor;
  readonly #isLax: boolean;
  #depth = 0;

  constructor(text: string, isLax: boolean) {
    this.#cursor = new Cursor(text);
    this.#isLax = isLax;
  }

  end(): void {
    this.#skip();
    if (!this.#cursor.done) throw this.#unexpected('end of text');
  }

  value(): HclValue {
    this.#skip();
    const cursor = this.#cursor;
    const at = cursor.position();
    switch (cursor.peek()) {
      case '{':
        return { kind: 'object', entries: this.#members(), at };
      case '[':
        return { kind: 'list', items: this.#sequence(']', () => this.value()), at };
      case '"':
        return { kind: 'string', text: this.#string(), at };
      default:
        return this.#scalar();
    }
  }

  #scalar(): HclValue {
    const cursor = this.#cursor;
    const at = cursor.position();
    const word = cursor.take(WORD);
    if (word === 'null') return { kind: 'null', at };
    if (word !== undefined) return { kind: 'bool', value: word === 'true', at };
    const number = cursor.take(NUMBER);
    if (number === undefined) throw this.#unexpected('a value');
    return { kind: 'number', value: Number(number), text: number, at };
  }

  #members(): readonly HclEntry[] {
    return this.#sequence('}', () => {
      this.#skip();
      const at = this.#cursor.position();
      const key = this.#string();
      this.#skip();
      if (this.#cursor.peek() !== ':') throw this.#unexpected("':'");
      this.#cursor.offset += 1;
      return { key, labels: [], value: this.value(), at };
    });
  }

  /** Comma-separated items up to `close`; the cursor stands on the opening bracket. */
  #sequence<T>(close: string, item: () => T): readonly T[] {
    const cursor = this.#cursor;
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw syntaxError(cursor.position(), `nested deeper than ${MAX_DEPTH} levels`);
    cursor.offset += 1;
    const items: T[] = [];
    this.#skip();
    while (cursor.peek() !== close) {
      if (items.length > 0) {
        if (this.#isLax && cursor.done) break;
        if (cursor.peek() !== ',') throw this.#unexpected(`',' or '${close}'`);
        cursor.offset += 1;
        this.#skip();
        if (this.#isLax && (cursor.peek() === close || cursor.done)) break;
      }
      items.push(item());
      this.#skip();
    }
    cursor.offset += 1;
    this.#depth -= 1;
    return items;
  }

  #string(): string {
    const at = this.#cursor.position();
    const literal = this.#cursor.take(STRING);
    if (literal === undefined)
      throw this.#cursor.peek() === '"' ? syntaxError(at, 'literal not terminated') : this.#unexpected('a string');
    return JSON.parse(literal) as string;
  }

  #skip(): void {
    this.#cursor.take(BLANK);
  }

  #unexpected(wanted: string): Error {
    const cursor = this.#cursor;
    const got = cursor.done ? 'EOF' : JSON.stringify(cursor.peek());
    return syntaxError(cursor.position(), `expected ${wanted}, got: ${got}`);
  }
}
