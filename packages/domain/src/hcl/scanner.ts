import { Cursor } from './cursor.js';
import type { Position } from './document.js';
import { syntaxError } from './document.js';
import { readHeredoc, readQuoted } from './string-literal.js';

/** Kinds of tokens, by the names that error texts use. */
export type TokenKind =
  | 'EOF'
  | 'IDENT'
  | 'NUMBER'
  | 'FLOAT'
  | 'BOOL'
  | 'STRING'
  | 'HEREDOC'
  | 'LBRACK'
  | 'RBRACK'
  | 'LBRACE'
  | 'RBRACE'
  | 'COMMA'
  | 'PERIOD'
  | 'ASSIGN'
  | 'ADD'
  | 'SUB';

export interface Token {
  readonly kind: TokenKind;
  /** What a text stands for, without quotes and escapes; otherwise as written. */
  readonly text: string;
  readonly at: Position;
}

const COMMENT = /#[^\n]*|\/\/[^\n]*/y;
const IDENTIFIER = /[\p{L}_][\p{L}\p{Nd}_.-]*/uy;
const NUMBER = /-?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)/y;
/** A text without escapes and templates, as nearly all are. */
const PLAIN_TEXT = /"[^"\\$\n]*"/y;

const PUNCTUATION: Readonly<Record<string, TokenKind>> = {
  '{': 'LBRACE',
  '}': 'RBRACE',
  '[': 'LBRACK',
  ']': 'RBRACK',
  ',': 'COMMA',
  '=': 'ASSIGN',
  '.': 'PERIOD',
  '+': 'ADD',
  '-': 'SUB',
};

/** `-1` and `.5` are numbers, other dashes and dots are not. */
const MAY_START_NUMBER: ReadonlySet<TokenKind> = new Set(['SUB', 'PERIOD']);
const DIGIT = /^[\d.]$/;

/** Cuts HCL (version 1) into tokens, without blanks and comments. */
export class Scanner {
  readonly #cursor: Cursor;
  /** Whether the last thing read could only end because the text did. */
  #ranIntoEnd = false;

  constructor(text: string) {
    this.#cursor = new Cursor(text);
  }

  /** @throws HCL_SYNTAX */
  next(): Token {
    this.#skip();
    const cursor = this.#cursor;
    const at = cursor.position();
    const char = cursor.peek();
    if (char === '') return { kind: 'EOF', text: '', at: this.#end(at) };
    if (char === '"') return { kind: 'STRING', text: this.#quoted(), at };
    const kind = PUNCTUATION[char];
    if (kind !== undefined && !(MAY_START_NUMBER.has(kind) && DIGIT.test(cursor.peek(1)))) {
      cursor.offset += 1;
      return { kind, text: char, at };
    }
    return this.#word(at) ?? this.#number(at) ?? this.#heredoc(at, char);
  }

  #word(at: Position): Token | undefined {
    const text = this.#cursor.take(IDENTIFIER);
    if (text === undefined) return undefined;
    this.#ranIntoEnd = this.#cursor.done;
    return { kind: text === 'true' || text === 'false' ? 'BOOL' : 'IDENT', text, at };
  }

  #number(at: Position): Token | undefined {
    const text = this.#cursor.take(NUMBER);
    if (text === undefined) return undefined;
    this.#ranIntoEnd = this.#cursor.done;
    return { kind: /^-?0[xX]|^-?\d+$/.test(text) ? 'NUMBER' : 'FLOAT', text, at };
  }

  #heredoc(at: Position, char: string): Token {
    if (this.#cursor.startsWith('<<')) return { kind: 'HEREDOC', text: readHeredoc(this.#cursor), at };
    throw syntaxError(at, char === '/' ? "expected '/' for comment" : 'illegal char');
  }

  #quoted(): string {
    const plain = this.#cursor.take(PLAIN_TEXT);
    return plain === undefined ? readQuoted(this.#cursor) : plain.slice(1, -1);
  }

  /** Nomad: a word, number or comment that runs into the end of the text moves that end by a column. */
  #end(at: Position): Position {
    return this.#ranIntoEnd ? { line: at.line, column: at.column + 1 } : at;
  }

  #skip(): void {
    const cursor = this.#cursor;
    for (;;) {
      switch (cursor.peek()) {
        case ' ':
        case '\n':
        case '\t':
        case '\r':
          cursor.offset += 1;
          break;
        case '#':
        case '/':
          if (!this.#comment()) return;
          break;
        default:
          return;
      }
    }
  }

  /** Moves past a comment; false when a slash begins none. */
  #comment(): boolean {
    const cursor = this.#cursor;
    if (cursor.startsWith('/*')) {
      const close = cursor.text.indexOf('*/', cursor.offset + 2);
      if (close === -1) throw syntaxError(cursor.position(), 'comment not terminated');
      cursor.offset = close + 2;
      return true;
    }
    if (cursor.take(COMMENT) === undefined) return false;
    this.#ranIntoEnd = cursor.done;
    return true;
  }
}
