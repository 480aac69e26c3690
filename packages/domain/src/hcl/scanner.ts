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

const BLANK = /[ \t\r\n]+/y;
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
    const number = cursor.take(NUMBER);
    if (number !== undefined) {
      this.#ranIntoEnd = cursor.done;
      return { kind: /^-?0[xX]|^-?\d+$/.test(number) ? 'NUMBER' : 'FLOAT', text: number, at };
    }
    const kind = PUNCTUATION[char];
    if (kind !== undefined) {
      cursor.offset += 1;
      return { kind, text: char, at };
    }
    if (cursor.startsWith('<<')) return { kind: 'HEREDOC', text: readHeredoc(cursor), at };
    const word = cursor.take(IDENTIFIER);
    if (word === undefined) throw syntaxError(at, char === '/' ? "expected '/' for comment" : 'illegal char');
    this.#ranIntoEnd = cursor.done;
    return { kind: word === 'true' || word === 'false' ? 'BOOL' : 'IDENT', text: word, at };
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
      cursor.take(BLANK);
      if (cursor.startsWith('/*')) {
        const close = cursor.text.indexOf('*/', cursor.offset + 2);
        if (close === -1) throw syntaxError(cursor.position(), 'comment not terminated');
        cursor.offset = close + 2;
      } else if (cursor.take(COMMENT) === undefined) return;
      else this.#ranIntoEnd = cursor.done;
    }
  }
}
