import { parsePattern } from './pattern-parser.js';
import { PatternProgram } from './pattern-program.js';

const EXPRESSION_MAX_BYTES = 256;

/** A pattern that somebody else sent, safe to run on any text. */
export interface TextPattern {
  /** Whether it matches anywhere in the text. */
  test(text: string): boolean;
}

/**
 * Compiles a pattern of a query or a filter. Stock agents use RE2, which runs in linear time; so does this, as it is not
 * the engine of JavaScript. The subset, at most 256 bytes of it:
 *
 * - literals, `.`, classes such as `[a-z_]`, `[^0-9]`, `[[:alpha:]]`, and `\d \D \w \W \s \S` (ASCII only)
 * - `^ $ \A \z \b \B`, groups `( )`, `(?: )`, `(?P<name> )`, `(?<name> )`, alternatives `|`
 * - `* + ? {n} {n,} {n,m}` up to 1000, also reluctant; the expanded pattern may have 1000 steps
 * - `\a \f \n \r \t \v \xHH \x{HHHH}`, any punctuation escaped; `(?i)`, `(?s)`, `(?is)` at the very beginning
 *
 * Not: Unicode classes, `\Q…\E`, flags elsewhere, octal escapes; nor what RE2 refuses: lookaround, backreferences,
 * possessive quantifiers.
 * @returns `undefined` for what is not of the subset: whoever asks decides what that means
 */
export function compilePattern(expression: string): TextPattern | undefined {
  if (Buffer.byteLength(expression) > EXPRESSION_MAX_BYTES) return undefined;
  const parsed = parsePattern(expression);
  return parsed === undefined ? undefined : PatternProgram.compile(parsed);
}
