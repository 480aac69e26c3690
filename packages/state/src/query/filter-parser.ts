import type { FilterToken } from './filter-lexer.js';
import { filterInvalid, readTokens } from './filter-lexer.js';

/** Where a value is within a row, outermost name first. */
export type Selector = readonly string[];

export type FilterNode =
  | { readonly kind: 'and' | 'or'; readonly left: FilterNode; readonly right: FilterNode }
  | { readonly kind: 'not'; readonly node: FilterNode }
  | { readonly kind: 'empty'; readonly selector: Selector }
  | { readonly kind: 'equal' | 'in' | 'matches'; readonly selector: Selector; readonly value: FilterValue };

export interface FilterValue {
  readonly text: string;
  readonly position: number;
}

const MAX_DEPTH = 100;
const OPERATORS = '`==`, `!=`, `in`, `not in`, `contains`, `matches` or `is empty`';

/**
 * Parses a filter in the language of hashicorp/go-bexpr. `or` binds less than `and`, `and` less than `not`.
 * @throws FILTER_INVALID naming line and column
 */
export function parseFilter(expression: string): FilterNode {
  return new Parser(expression).parse();
}

class Parser {
  readonly #expression: string;
  readonly #tokens: readonly FilterToken[];
  #at = 0;
  #depth = 0;

  constructor(expression: string) {
    this.#expression = expression;
    this.#tokens = readTokens(expression);
  }

  parse(): FilterNode {
    const node = this.#or();
    if (this.#next.kind !== 'end') throw this.#error('goes on where it should end');
    return node;
  }

  get #next(): FilterToken {
    return this.#tokens[this.#at] as FilterToken;
  }

  #or(): FilterNode {
    let left = this.#and();
    while (this.#takeWord('or')) left = { kind: 'or', left, right: this.#and() };
    return left;
  }

  #and(): FilterNode {
    let left = this.#not();
    while (this.#takeWord('and')) left = { kind: 'and', left, right: this.#not() };
    return left;
  }

  #not(): FilterNode {
    // A field may be named so: it is one when an operator follows.
    if (!this.#isNegation()) return this.#group();
    this.#at += 1;
    return this.#deeper(() => ({ kind: 'not', node: this.#not() }));
  }

  #isNegation(): boolean {
    if (!isWord(this.#next, 'not')) return false;
    const after = this.#tokens[this.#at + 1];
    return after?.kind !== 'symbol' || after.text === '(';
  }

  #group(): FilterNode {
    if (!this.#takeSymbol('(')) return this.#match();
    const node = this.#deeper(() => this.#or());
    if (!this.#takeSymbol(')')) throw this.#error('lacks a closing parenthesis');
    return node;
  }

  #match(): FilterNode {
    const first = this.#operand();
    const { kind, isNegated } = this.#operator();
    const negate = (node: FilterNode): FilterNode => (isNegated ? { kind: 'not', node } : node);
    if (kind === 'empty') return negate({ kind, selector: this.#selectorOf(first) });
    const second = this.#operand();
    // `x in Field` and `Field contains x` are the same.
    if (kind === 'in') return negate({ kind, selector: this.#selectorOf(second), value: first.value });
    const selector = this.#selectorOf(first);
    return negate({ kind: kind === 'contains' ? 'in' : kind, selector, value: second.value });
  }

  #operator(): { readonly kind: 'equal' | 'in' | 'contains' | 'matches' | 'empty'; readonly isNegated: boolean } {
    if (this.#takeSymbol('==')) return { kind: 'equal', isNegated: false };
    if (this.#takeSymbol('!=')) return { kind: 'equal', isNegated: true };
    if (this.#takeWord('is')) {
      const isNegated = this.#takeWord('not');
      if (!this.#takeWord('empty')) throw this.#error('lacks `empty` after `is`');
      return { kind: 'empty', isNegated };
    }
    const isNegated = this.#takeWord('not');
    for (const kind of ['in', 'contains', 'matches'] as const) if (this.#takeWord(kind)) return { kind, isNegated };
    throw this.#error(`lacks an operator: ${OPERATORS}`);
  }

  /** A selector, a value, or what may be either: the operator tells. */
  #operand(): { readonly value: FilterValue; readonly selector: Selector | undefined; readonly position: number } {
    const token = this.#next;
    const { position, text, kind } = token;
    if (kind === 'end' || kind === 'symbol') throw this.#error('lacks a field or a value');
    this.#at += 1;
    if (kind === 'number') return { value: { text, position }, selector: undefined, position };
    if (kind === 'text') return { value: { text, position }, selector: pointerOf(text), position };
    const selector = [text];
    while (
      !this.#next.isSpaced &&
      this.#next.kind === 'symbol' &&
      (this.#next.text === '.' || this.#next.text === '[')
    ) {
      const isIndex = this.#next.text === '[';
      this.#at += 1;
      const part = this.#next;
      const isPart = isIndex ? part.kind === 'text' : part.kind === 'word' || part.kind === 'number';
      if (!isPart) throw this.#error(isIndex ? 'lacks a quoted name within brackets' : 'lacks a name after the dot');
      this.#at += 1;
      // `a.1.b` has been read as the number 1 and the rest.
      selector.push(...(part.kind === 'number' ? part.text.split('.') : [part.text]));
      if (isIndex && !this.#takeSymbol(']')) throw this.#error('lacks a closing bracket');
    }
    // As a value it is the text as it stands.
    const last = this.#tokens[this.#at - 1] as FilterToken;
    const value = { text: this.#expression.slice(position, last.position + last.text.length), position };
    return { value, selector, position };
  }

  #selectorOf({
    selector,
    position,
  }: {
    readonly selector: Selector | undefined;
    readonly position: number;
  }): Selector {
    if (selector === undefined) throw filterInvalid(this.#expression, position, 'has a value where a field belongs');
    return selector;
  }

  #deeper(read: () => FilterNode): FilterNode {
    if ((this.#depth += 1) > MAX_DEPTH) throw this.#error(`is nested more than ${MAX_DEPTH} deep`);
    const node = read();
    this.#depth -= 1;
    return node;
  }

  #takeWord(word: string): boolean {
    const isThere = isWord(this.#next, word);
    if (isThere) this.#at += 1;
    return isThere;
  }

  #takeSymbol(symbol: string): boolean {
    const isThere = this.#next.kind === 'symbol' && this.#next.text === symbol;
    if (isThere) this.#at += 1;
    return isThere;
  }

  #error(reason: string) {
    return filterInvalid(this.#expression, this.#next.position, reason);
  }
}

const isWord = ({ kind, text }: FilterToken, word: string): boolean => kind === 'word' && text === word;

/** A quoted text that begins with a slash may be a selector as well, in the way of JSON pointers. */
function pointerOf(text: string): Selector | undefined {
  if (!/^(\/[^/]+)+$/.test(text)) return undefined;
  return text
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}
