const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

/** Parses a boolean as Go's `strconv.ParseBool`; `undefined` for every text it refuses. */
export function parseGoBool(text: string): boolean | undefined {
  if (TRUE.has(text)) return true;
  return FALSE.has(text) ? false : undefined;
}

const NAMED: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** Quotes a text as Go's `strconv.Quote` (`%q`) does. */
export function goQuote(text: string): string {
  let out = '"';
  for (const char of text) {
    const named = NAMED[char];
    if (named !== undefined) out += named;
    else if (PRINTABLE.test(char)) out += char;
    else {
      const point = char.codePointAt(0) ?? 0;
      if (point < 0x80) out += `\\x${point.toString(16).padStart(2, '0')}`;
      else if (point > 0xffff) out += `\\U${point.toString(16).padStart(8, '0')}`;
      else out += `\\u${point.toString(16).padStart(4, '0')}`;
    }
  }
  return `${out}"`;
}

/**
 * Parses an integer as Go's `strconv.Atoi`: optional sign, decimal digits, nothing else.
 * @returns `undefined` for any other text or a value beyond int64
 */
export function parseGoInt(text: string): bigint | undefined {
  if (!/^[+-]?\d{1,20}$/.test(text)) return undefined;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return value === BigInt.asIntN(64, value) ? value : undefined;
}
