import { compilePattern, parseGoBool } from '@steppe/domain';
import { stateError } from '../errors.js';
import { filterInvalid } from './filter-lexer.js';
import type { FilterNode, FilterValue, Selector } from './filter-parser.js';
import { parseFilter } from './filter-parser.js';

/** A compiled filter expression. */
export interface Filter {
  /**
   * Whether a row passes. The row is what the API shows of it: plain data under the API's names.
   * @throws FILTER_NOT_APPLICABLE when the expression does not fit it
   */
  matches(row: object): boolean;
}

type Test = (row: object) => boolean;
/** What a selector leads to; `undefined` where the last steps of it lead nowhere. */
type Lookup = (row: object) => unknown;

/**
 * Compiles a filter in the language of hashicorp/go-bexpr: `==`, `!=`, `in`, `not in`, `contains`, `not contains`,
 * `is empty`, `is not empty`, `matches`, `not matches`, with `and`, `or`, `not` and parentheses.
 * A value is read as what it is compared with: a number, a boolean, or text. A name that the row does not have is an error; a
 * key that a map within it does not have equals nothing, matches nothing, and is empty.
 * @throws FILTER_INVALID naming line and column
 */
export function compileFilter(expression: string): Filter {
  return { matches: compile(parseFilter(expression), expression) };
}

function compile(node: FilterNode, expression: string): Test {
  switch (node.kind) {
    case 'and':
    case 'or': {
      const left = compile(node.left, expression);
      const right = compile(node.right, expression);
      return node.kind === 'and' ? (row) => left(row) && right(row) : (row) => left(row) || right(row);
    }
    case 'not': {
      const inner = compile(node.node, expression);
      return (row) => !inner(row);
    }
    case 'empty': {
      const lookup = lookupOf(node.selector);
      return (row) => isEmpty(lookup(row), node.selector);
    }
    case 'equal': {
      const lookup = lookupOf(node.selector);
      return (row) => {
        const found = lookup(row);
        return found !== undefined && equals(found, node.value, node.selector);
      };
    }
    case 'in': {
      const lookup = lookupOf(node.selector);
      return (row) => {
        const found = lookup(row);
        return found !== undefined && contains(found, node.value, node.selector);
      };
    }
    case 'matches':
      return compileMatches(node.selector, node.value, expression);
  }
}

function compileMatches(selector: Selector, value: FilterValue, expression: string): Test {
  const lookup = lookupOf(selector);
  const pattern = compilePattern(value.text);
  if (pattern === undefined) {
    throw filterInvalid(
      expression,
      value.position,
      'has a pattern that is wrong, too long, or of a kind not supported',
    );
  }
  return (row) => {
    const found = lookup(row);
    if (found === undefined) return false;
    if (typeof found !== 'string') throw notApplicable(selector, 'is no text, which `matches` needs');
    return pattern.test(found);
  };
}

function lookupOf(selector: Selector): Lookup {
  const [first = '', ...rest] = selector;
  return (row) => {
    if (!Object.hasOwn(row, first)) throw notApplicable(selector, 'is not a field of what is listed');
    let found: unknown = (row as Record<string, unknown>)[first];
    for (const part of rest) {
      if (typeof found !== 'object' || found === null || !Object.hasOwn(found, part)) return undefined;
      found = (found as Record<string, unknown>)[part];
    }
    return found ?? undefined;
  };
}

function equals(found: unknown, { text }: FilterValue, selector: Selector): boolean {
  switch (typeof found) {
    case 'string':
      return found === text;
    case 'boolean': {
      const value = parseGoBool(text);
      if (value === undefined) throw notApplicable(selector, `is a boolean, which ${JSON.stringify(text)} is not`);
      return found === value;
    }
    case 'number': {
      if (!/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text)) {
        throw notApplicable(selector, `is a number, which ${JSON.stringify(text)} is not`);
      }
      return found === Number(text);
    }
    default:
      throw notApplicable(selector, 'holds more than one value, which cannot be compared');
  }
}

function contains(found: unknown, value: FilterValue, selector: Selector): boolean {
  if (typeof found === 'string') return found.includes(value.text);
  if (Array.isArray(found)) return found.some((each) => equals(each, value, selector));
  if (typeof found === 'object' && found !== null) return Object.hasOwn(found, value.text);
  throw notApplicable(selector, 'is a single value, which contains nothing');
}

function isEmpty(found: unknown, selector: Selector): boolean {
  if (found === undefined) return true;
  if (typeof found === 'string' || Array.isArray(found)) return found.length === 0;
  if (typeof found === 'object' && found !== null) return Object.keys(found).length === 0;
  throw notApplicable(selector, 'is a single value, which cannot be empty');
}

function notApplicable(selector: Selector, reason: string) {
  const name = selector.join('.');
  return stateError(
    { code: 'FILTER_NOT_APPLICABLE', selector: name },
    `the filter cannot be applied: ${name} ${reason}`,
  );
}
