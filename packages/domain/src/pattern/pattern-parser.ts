/** Inclusive ranges of code points. */
export type CodeRanges = readonly (readonly [number, number])[];

/** One piece of a pattern. */
export type PatternNode =
  | { readonly kind: 'set'; readonly ranges: CodeRanges; readonly negated: boolean }
  | { readonly kind: 'assert'; readonly what: 'start' | 'end' | 'word-boundary' | 'no-word-boundary' }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly options: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly node: PatternNode; readonly min: number; readonly max: number };

export interface ParsedPattern {
  readonly node: PatternNode;
  readonly ignoreCase: boolean;
}

const REPEAT_MAX = 1000;

const codes = (...pairs: string[]): CodeRanges =>
  pairs.map((pair) => [pair.codePointAt(0) as number, pair.codePointAt(1) as number] as const);

const DIGIT = codes('09');
const WORD = codes('09', 'AZ', 'az', '__');
const SPACE = codes('\t\n', '\f\r', '  ');
const NEWLINE = codes('\n\n');

const ESCAPED_SETS: Readonly<Record<string, CodeRanges>> = { d: DIGIT, w: WORD, s: SPACE };

const ESCAPED_CHARACTERS: Readonly<Record<string, string>> = {
  a: '\u0007',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

const ASCII_CLASSES: Readonly<Record<string, CodeRanges>> = {
  alnum: codes('09', 'AZ', 'az'),
  alpha: codes('AZ', 'az'),
  digit: DIGIT,
  lower: codes('az'),
  punct: codes('!/', ':@', '[`', '{~'),
  space: codes('\t\r', '  '),
  upper: codes('AZ'),
  word: WORD,
  xdigit: codes('09', 'AF', 'af'),
};

const ASSERTS: Readonly<Record<string, PatternNode>> = {
  A: { kind: 'assert', what: 'start' },
  z: { kind: 'assert', what: 'end' },
  b: { kind: 'assert', what: 'word-boundary' },
  B: { kind: 'assert', what: 'no-word-boundary' },
};

/** Thrown and caught within this file only: the pattern is not of the subset. */
class NotOfTheSubset extends Error {}

/** Parses an expression; `undefined` when it is not of the subset that `TagPattern` documents. */
export function parsePattern(expression: string): ParsedPattern | undefined {
  const flags = /^\(\?([is]+)\)/.exec(expression);
  const set = flags?.[1] ?? '';
  const parser = new PatternParser(expression.slice(flags?.[0].length ?? 0), set.includes('s'));
  try {
    return { node: parser.parse(), ignoreCase: set.includes('i') };
  } catch (error) {
    if (error instanceof NotOfTheSubset) return undefined;
    throw error;
  }
}

class PatternParser {
  readonly #characters: readonly string[];
  readonly #dotMatchesNewline: boolean;
  #at = 0;

  constructor(expression: string, dotMatchesNewline: boolean) {
    this.#characters = Array.from(expression);
    this.#dotMatchesNewline = dotMatchesNewline;
  }

  parse(): PatternNode {
    const node = this.#choice();
    if (this.#at < this.#characters.length) throw new NotOfTheSubset();
    return node;
  }

  #choice(): PatternNode {
    const options = [this.#sequence()];
    while (this.#take('|')) options.push(this.#sequence());
    return options.length === 1 ? (options[0] as PatternNode) : { kind: 'choice', options };
  }

  #sequence(): PatternNode {
    const parts: PatternNode[] = [];
    while (this.#at < this.#characters.length && this.#peek() !== '|' && this.#peek() !== ')') {
      parts.push(this.#repeated(this.#atom()));
    }
    return parts.length === 1 ? (parts[0] as PatternNode) : { kind: 'sequence', parts };
  }

  #repeated(node: PatternNode): PatternNode {
    const bounds = this.#quantifier();
    if (bounds === undefined) return node;
    // Reluctance changes what is matched, not whether.
    this.#take('?');
    if (this.#quantifier() !== undefined) throw new NotOfTheSubset();
    return { kind: 'repeat', node, ...bounds };
  }

  #quantifier(): { readonly min: number; readonly max: number } | undefined {
    if (this.#take('*')) return { min: 0, max: Infinity };
    if (this.#take('+')) return { min: 1, max: Infinity };
    if (this.#take('?')) return { min: 0, max: 1 };
    // A brace that counts nothing is a literal.
    const counted = /^\{(\d+)(?:(,)(\d*))?\}/.exec(this.#characters.slice(this.#at, this.#at + 16).join(''));
    if (counted === null) return undefined;
    this.#at += counted[0].length;
    const min = Number(counted[1]);
    const max = counted[2] === undefined ? min : counted[3] === '' ? Infinity : Number(counted[3]);
    if (min > REPEAT_MAX || (max !== Infinity && max > REPEAT_MAX) || max < min) throw new NotOfTheSubset();
    return { min, max };
  }

  #atom(): PatternNode {
    const character = this.#next();
    switch (character) {
      case '(':
        return this.#group();
      case '[':
        return this.#class();
      case '.':
        return { kind: 'set', ranges: this.#dotMatchesNewline ? [] : NEWLINE, negated: true };
      case '^':
        return { kind: 'assert', what: 'start' };
      case '$':
        return { kind: 'assert', what: 'end' };
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
        throw new NotOfTheSubset();
      default:
        return literal(character);
    }
  }

  #group(): PatternNode {
    if (this.#take('?')) {
      const opening = /^(?::|P?<\w+>)/.exec(this.#characters.slice(this.#at).join(''));
      if (opening === null) throw new NotOfTheSubset();
      this.#at += opening[0].length;
    }
    const node = this.#choice();
    if (!this.#take(')')) throw new NotOfTheSubset();
    return node;
  }

  #escape(): PatternNode {
    const character = this.#next();
    if (Object.hasOwn(ASSERTS, character)) return ASSERTS[character] as PatternNode;
    const set = escapedSet(character);
    return set ?? literal(String.fromCodePoint(this.#escapedCode(character)));
  }

  #escapedCode(character: string): number {
    if (Object.hasOwn(ESCAPED_CHARACTERS, character)) return code(ESCAPED_CHARACTERS[character] as string);
    if (character === 'x') {
      const hex = /^(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/.exec(
        this.#characters.slice(this.#at, this.#at + 8).join(''),
      );
      const value = Number.parseInt(hex?.[1] ?? hex?.[2] ?? '', 16);
      if (hex === null || value > 0x10_ff_ff) throw new NotOfTheSubset();
      this.#at += hex[0].length;
      return value;
    }
    // What is left must be punctuation: letters and digits (backreferences!) mean something we do not offer.
    if (/^[\p{L}\p{N}]/u.test(character)) throw new NotOfTheSubset();
    return code(character);
  }

  #class(): PatternNode {
    const negated = this.#take('^');
    const ranges: (readonly [number, number])[] = [];
    let first = true;
    while (first || this.#peek() !== ']') {
      first = false;
      const named = /^\[:(\w+):\]/.exec(this.#characters.slice(this.#at, this.#at + 12).join(''));
      if (named !== null) {
        const set = Object.hasOwn(ASCII_CLASSES, named[1] as string) ? ASCII_CLASSES[named[1] as string] : undefined;
        if (set === undefined) throw new NotOfTheSubset();
        ranges.push(...set);
        this.#at += named[0].length;
        continue;
      }
      const from = this.#classMember();
      if (typeof from !== 'number') {
        ranges.push(...from);
      } else if (this.#peek() === '-' && this.#characters[this.#at + 1] !== ']') {
        this.#at += 1;
        const to = this.#classMember();
        if (typeof to !== 'number' || to < from) throw new NotOfTheSubset();
        ranges.push([from, to]);
      } else {
        ranges.push([from, from]);
      }
    }
    this.#at += 1;
    return { kind: 'set', ranges, negated };
  }

  #classMember(): number | CodeRanges {
    const character = this.#next();
    if (character !== '\\') return code(character);
    const escaped = this.#next();
    const set = escapedSet(escaped);
    if (set === undefined) return this.#escapedCode(escaped);
    return set.negated ? complement(set.ranges) : set.ranges;
  }

  #peek(): string | undefined {
    return this.#characters[this.#at];
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at += 1;
    return true;
  }

  #next(): string {
    const character = this.#peek();
    if (character === undefined) throw new NotOfTheSubset();
    this.#at += 1;
    return character;
  }
}

function code(character: string): number {
  return character.codePointAt(0) as number;
}

function literal(character: string): PatternNode {
  return { kind: 'set', ranges: [[code(character), code(character)]], negated: false };
}

function escapedSet(character: string): (PatternNode & { readonly kind: 'set' }) | undefined {
  const lower = character.toLowerCase();
  if (!Object.hasOwn(ESCAPED_SETS, lower)) return undefined;
  return { kind: 'set', ranges: ESCAPED_SETS[lower] as CodeRanges, negated: lower !== character };
}

/** Everything outside sorted, disjoint ranges. */
function complement(ranges: CodeRanges): CodeRanges {
  const gaps: (readonly [number, number])[] = [];
  let from = 0;
  for (const [low, high] of ranges) {
    if (low > from) gaps.push([from, low - 1]);
    from = high + 1;
  }
  return [...gaps, [from, 0x10_ff_ff]];
}
