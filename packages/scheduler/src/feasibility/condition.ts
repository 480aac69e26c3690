import type { Node } from '@steppe/domain';
import { compilePattern } from '@steppe/domain';
import type { TextPattern } from '@steppe/domain';
import { resolveTarget } from './target.js';
import type { VersionRange } from './version.js';
import { parseVersion, parseVersionRange } from './version.js';

/** The sides and the operator of a constraint or affinity. */
export interface Condition {
  readonly left: string;
  readonly right: string;
  readonly operand: string;
}

/** What was read of patterns and ranges, which are asked about many nodes. One for each evaluation. */
export class ConditionCache {
  readonly #patterns = new Map<string, TextPattern | undefined>();
  readonly #ranges = new Map<string, VersionRange | undefined>();

  /** `undefined` for a text that is no pattern. */
  pattern(text: string): TextPattern | undefined {
    if (!this.#patterns.has(text)) this.#patterns.set(text, compilePattern(text));
    return this.#patterns.get(text);
  }

  range(text: string, strict: boolean): VersionRange | undefined {
    const key = `${strict}${text}`;
    if (!this.#ranges.has(key)) this.#ranges.set(key, parseVersionRange(text, { strict }));
    return this.#ranges.get(key);
  }
}

/** Whether a node meets a condition. @see spec "Candidate nodes and feasibility": operands */
export function meets(condition: Condition, node: Node, cache: ConditionCache): boolean {
  const left = resolveTarget(condition.left, node);
  const right = resolveTarget(condition.right, node);
  switch (condition.operand) {
    case '!=':
    case 'not':
      return left !== right;
    case 'is_set':
      return left !== undefined;
    case 'is_not_set':
      return left === undefined;
    default:
      return left !== undefined && right !== undefined && compares(condition.operand, left, right, cache);
  }
}

function compares(operand: string, left: string, right: string, cache: ConditionCache): boolean {
  switch (operand) {
    case '=':
    case '==':
    case 'is':
      return left === right;
    case '<':
      return order(left, right) < 0;
    case '<=':
      return order(left, right) <= 0;
    case '>':
      return order(left, right) > 0;
    case '>=':
      return order(left, right) >= 0;
    case 'version':
      return isInRange(left, right, false, cache);
    case 'semver':
      return isInRange(left, right, true, cache);
    case 'regexp':
      return cache.pattern(right)?.test(left) === true;
    case 'set_contains':
    case 'set_contains_all':
      return containsAll(left, right);
    case 'set_contains_any':
      return containsAny(left, right);
    default:
      return false;
  }
}

/** As integers where both are, else as numbers, else as texts. */
function order(left: string, right: string): number {
  if (isInteger(left) && isInteger(right)) {
    const difference = BigInt(left) - BigInt(right);
    return difference < 0n ? -1 : Number(difference > 0n);
  }
  if (isNumber(left) && isNumber(right)) return Number(left) - Number(right);
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

const isInteger = (text: string): boolean => /^[+-]?\d{1,30}$/.test(text);
const isNumber = (text: string): boolean => /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text);

function isInRange(left: string, right: string, strict: boolean, cache: ConditionCache): boolean {
  const version = parseVersion(left, { strict });
  return version !== undefined && cache.range(right, strict)?.(version) === true;
}

const items = (text: string): readonly string[] => text.split(',').map((item) => item.trim());

function containsAll(left: string, right: string): boolean {
  const set = new Set(items(left));
  return items(right).every((item) => set.has(item));
}

function containsAny(left: string, right: string): boolean {
  const set = new Set(items(left));
  return items(right).some((item) => set.has(item));
}
