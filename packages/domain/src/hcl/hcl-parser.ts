import type { HclEntry, HclObject, HclValue, Position } from './document.js';
import { MAX_DEPTH, MAX_SOURCE_LENGTH, syntaxError } from './document.js';
import { parseJsonDocument } from './json-parser.js';
import type { JsonDocumentOptions } from './json-parser.js';
import type { Token, TokenKind } from './scanner.js';
import { Scanner } from './scanner.js';

/** Whether a text is taken for JSON rather than HCL: its first character that is not blank is a brace. */
export function isJsonDocument(text: string): boolean {
  return /^\s*\{/.test(text);
}

/**
 * Parses HCL version 1, or its JSON equivalent. Takes time and memory in proportion to the text, whatever it says; problems are
 * worded as by the reference's parser, because its clients show and match those words.
 * @throws HCL_SYNTAX with line and column
 */
export function parseHcl(text: string, options: JsonDocumentOptions = {}): HclObject {
  if (text.length > MAX_SOURCE_LENGTH) {
    throw syntaxError({ line: 1, column: 1 }, `text is longer than ${MAX_SOURCE_LENGTH} characters`);
  }
  return isJsonDocument(text) ? parseJsonDocument(text, options) : new HclParser(text.replaceAll('\r\n', '\n')).parse();
}

class HclParser {
  readonly #scanner: Scanner;
  /** The token in hand, not yet used. */
  #token: Token;
  #depth = 0;

  constructor(text: string) {
    this.#scanner = new Scanner(text);
    this.#token = this.#scanner.next();
  }

  parse(): HclObject {
    const at: Position = { line: 1, column: 1 };
    const entries: HclEntry[] = [];
    while (!this.#stands('EOF')) entries.push(this.#entry());
    return { kind: 'object', entries, at };
  }

  #stands(kind: TokenKind): boolean {
    return this.#token.kind === kind;
  }

  /** Uses the token in hand up. */
  #take(): Token {
    const token = this.#token;
    this.#token = this.#scanner.next();
    return token;
  }

  /** One item, and the comma that may follow it. */
  #entry(): HclEntry {
    const { at } = this.#token;
    const [key, ...labels] = this.#keys();
    const value = this.#stands('LBRACE') ? this.#object() : this.#assigned();
    if (this.#stands('COMMA')) this.#take();
    return { key: key as string, labels, value, at };
  }

  /** At least one key; what follows is a brace or an equals sign. */
  #keys(): readonly string[] {
    const keys: string[] = [];
    for (;;) {
      const { kind, at } = this.#token;
      switch (kind) {
        case 'IDENT':
        case 'STRING':
          keys.push(this.#take().text);
          break;
        case 'EOF':
          throw syntaxError(at, `key '${keys.join(' ')}' expected start of object ('{') or assignment ('=')`);
        case 'ASSIGN':
          if (keys.length === 0) throw syntaxError(at, 'no object keys found!');
          if (keys.length > 1) throw syntaxError(at, 'nested object expected: LBRACE got: ASSIGN');
          return keys;
        case 'LBRACE':
          if (keys.length === 0) throw syntaxError(at, 'expected: IDENT | STRING got: LBRACE');
          return keys;
        default:
          throw syntaxError(at, `expected: IDENT | STRING | ASSIGN | LBRACE got: ${kind}`);
      }
    }
  }

  #assigned(): HclValue {
    this.#take();
    return this.#value();
  }

  #value(): HclValue {
    const { kind, text, at } = this.#token;
    switch (kind) {
      case 'LBRACE':
        return this.#object();
      case 'LBRACK':
        return this.#list();
      case 'STRING':
      case 'HEREDOC':
        this.#take();
        return { kind: 'string', text, at };
      case 'NUMBER':
      case 'FLOAT':
        this.#take();
        return { kind: 'number', value: parseNumber(text), text, at };
      case 'BOOL':
        this.#take();
        return { kind: 'bool', value: text === 'true', at };
      case 'EOF':
        // Differs from Nomad: there a text that ends after an equals sign loses that item without a word.
        throw syntaxError(at, 'expected a value, got: EOF');
      default:
        throw syntaxError(at, `Unknown token: ${at.line}:${at.column} ${kind} ${text}`);
    }
  }

  #object(): HclObject {
    const { at } = this.#open();
    const entries: HclEntry[] = [];
    while (!this.#stands('RBRACE')) {
      if (this.#stands('EOF')) throw syntaxError(this.#token.at, 'object expected closing RBRACE got: EOF');
      entries.push(this.#entry());
    }
    this.#close();
    return { kind: 'object', entries, at };
  }

  #list(): HclValue {
    const { at } = this.#open();
    const items: HclValue[] = [];
    while (!this.#stands('RBRACK')) {
      // A list begins anywhere, an item only where a comma stands; commas too many are nothing.
      if (this.#stands('COMMA')) {
        this.#take();
        continue;
      }
      if (this.#stands('EOF')) throw syntaxError(this.#token.at, 'unexpected token while parsing list: EOF');
      items.push(this.#value());
      if (!this.#stands('COMMA') && !this.#stands('RBRACK'))
        throw syntaxError(this.#token.at, `error parsing list, expected comma or list end, got: ${this.#token.kind}`);
    }
    this.#close();
    return { kind: 'list', items, at };
  }

  #open(): Token {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw syntaxError(this.#token.at, `nested deeper than ${MAX_DEPTH} levels`);
    return this.#take();
  }

  #close(): void {
    this.#depth -= 1;
    this.#take();
  }
}

/** Decimal, `0x` hexadecimal, or with a leading zero octal. */
function parseNumber(text: string): number {
  const digits = text.replace('-', '');
  const value = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return text.startsWith('-') ? -value : value;
}
