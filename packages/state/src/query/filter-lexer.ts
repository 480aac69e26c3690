import { stateError } from '../errors.js';

/** A piece of a filter expression. */
export interface FilterToken {
  /** `word` is bare text, `text` was quoted; `symbol` is one of `( ) [ ] . == !=`. */
  readonly kind: 'word' | 'number' | 'text' | 'symbol' | 'end';
  /** Without quotes and escapes. */
  readonly text: string;
  /** Where it begins, characters from 0. */
  readonly position: number;
  /** Whether a blank is in front of it. */
  readonly isSpaced: boolean;
}

const MAX_LENGTH = 8_192;
const SPACE = /[ \t\r\n]*/y;
const WORD = /[a-zA-Z][a-zA-Z0-9_/]*/y;
const NUMBER = /-?\d+(?:\.\d+)?/y;
const SYMBOL = /==|!=|[()[\].]/y;
const RAW_TEXT = /`([^`]*)`/y;
const QUOTED_TEXT = /"(?:[^"\\\n]|\\.)*"/y;

/** @throws FILTER_INVALID */
export function readTokens(expression: string): readonly FilterToken[] {
  if (expression.length > MAX_LENGTH) throw filterInvalid(expression, 0, `is longer than ${MAX_LENGTH} characters`);
  const tokens: FilterToken[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(expression);
  };
  for (;;) {
    const space = match(SPACE)?.[0].length ?? 0;
    at += space;
    const place = { position: at, isSpaced: space > 0 };
    if (at === expression.length) return [...tokens, { kind: 'end', text: '', ...place }];
    const [token, length] = readToken(match, expression, at);
    tokens.push({ ...token, ...place });
    at += length;
  }
}

function readToken(
  match: (pattern: RegExp) => RegExpExecArray | null,
  expression: string,
  at: number,
): [Pick<FilterToken, 'kind' | 'text'>, length: number] {
  for (const [kind, pattern] of [
    ['word', WORD],
    ['number', NUMBER],
    ['symbol', SYMBOL],
  ] as const) {
    const text = match(pattern)?.[0];
    if (text !== undefined) return [{ kind, text }, text.length];
  }
  const raw = match(RAW_TEXT);
  if (raw !== null) return [{ kind: 'text', text: raw[1] ?? '' }, raw[0].length];
  const quoted = match(QUOTED_TEXT)?.[0];
  if (quoted === undefined) {
    const isOpen = expression[at] === '"' || expression[at] === '`';
    throw filterInvalid(expression, at, isOpen ? 'has a quote without an end' : 'has a character that means nothing');
  }
  return [{ kind: 'text', text: unquote(quoted, expression, at) }, quoted.length];
}

/** Go's escapes are JSON's, but for a few that nobody writes in a filter. */
function unquote(quoted: string, expression: string, at: number): string {
  try {
    return JSON.parse(quoted.replaceAll('\t', String.raw`\t`)) as string;
  } catch {
    throw filterInvalid(expression, at, 'has an escape that is not known');
  }
}

/** @param reason - goes on from "the filter" */
export function filterInvalid(expression: string, position: number, reason: string) {
  const before = expression.slice(0, position).split('\n');
  const place = `${before.length}:${(before.at(-1) ?? '').length + 1}`;
  return stateError({ code: 'FILTER_INVALID', position }, `the filter ${reason}, at ${place}`);
}
