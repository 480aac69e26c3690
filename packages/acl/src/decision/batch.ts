import { errorMessage, isSteppeError } from '@steppe/domain';
import { checkInvalid } from '../errors.js';
import { parsePolicy } from '../language/parse-policy.js';
import type { Acl } from './acl.js';
import { allows, parseCheck } from './checks.js';
import { compileAcl } from './compile-acl.js';
import { ABSENT_ACL, clientAcl, DISABLED_ACL, MANAGEMENT_ACL, SERVER_ACL } from './special-acls.js';

/** Answer to one line of a batch. */
export type BatchAnswer = { readonly allowed: boolean } | { readonly error: string };

/** Longest line of a batch, characters. */
const MAX_LINE_LENGTH = 8 * 1024 * 1024;
/** Compiled sets a batch keeps, because neighbouring lines tend to ask about the same policies. */
const MAX_KEPT = 64;

const SPECIAL: Readonly<Record<string, Acl>> = {
  NIL: ABSENT_ACL,
  MGMT: MANAGEMENT_ACL,
  DISABLED: DISABLED_ACL,
  SERVER: SERVER_ACL,
};

/**
 * Answers checks one line at a time. A line is a JSON object: `policies`, a list of policy texts, or `acl`, one of `NIL`, `MGMT`,
 * `DISABLED`, `SERVER` and `CLIENT(<pool>)`; `check`, a name; `args`, a list. Answers depend on the line alone.
 */
export class CheckBatch {
  readonly #compiled = new Map<string, Acl>();

  /** Never throws: a line that makes no sense is answered by what is wrong with it. */
  answer(line: string): BatchAnswer {
    try {
      const fields = fieldsOf(line);
      const { check, args = [] } = fields;
      if (typeof check !== 'string') throw checkInvalid('check must be a text');
      if (!Array.isArray(args)) throw checkInvalid('args must be a list');
      return { allowed: allows(this.#subject(fields), parseCheck(check, args)) };
    } catch (error) {
      if (isSteppeError(error)) return { error: errorMessage(error) };
      throw error;
    }
  }

  #subject({ acl, policies }: Fields): Acl {
    if (acl !== undefined) {
      if (policies !== undefined) throw checkInvalid('either acl or policies, not both');
      return specialAcl(acl);
    }
    if (!Array.isArray(policies) || !policies.every((text) => typeof text === 'string'))
      throw checkInvalid('policies must be a list of policy texts');
    const key = JSON.stringify(policies);
    const kept = this.#compiled.get(key);
    if (kept !== undefined) return kept;
    const compiled = compileAcl(policies.map(parseNth));
    if (this.#compiled.size >= MAX_KEPT) this.#compiled.clear();
    this.#compiled.set(key, compiled);
    return compiled;
  }
}

interface Fields {
  readonly acl?: unknown;
  readonly policies?: unknown;
  readonly check?: unknown;
  readonly args?: unknown;
}

function fieldsOf(line: string): Fields {
  if (line.length > MAX_LINE_LENGTH) throw checkInvalid(`line is longer than ${MAX_LINE_LENGTH} characters`);
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw checkInvalid(`line is not JSON: ${errorMessage(error)}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw checkInvalid('line must be an object');
  return value;
}

function specialAcl(name: unknown): Acl {
  if (typeof name === 'string') {
    const special = Object.hasOwn(SPECIAL, name) ? SPECIAL[name] : undefined;
    if (special !== undefined) return special;
    const pool = /^CLIENT\(([^]*)\)$/.exec(name)?.[1];
    if (pool !== undefined) return clientAcl(pool);
  }
  throw checkInvalid(`acl must be NIL, MGMT, DISABLED, SERVER or CLIENT(<pool>), got ${JSON.stringify(name)}`);
}

function parseNth(text: string, n: number): ReturnType<typeof parsePolicy> {
  try {
    return parsePolicy(text);
  } catch (error) {
    throw checkInvalid(`policy ${n}: ${errorMessage(error)}`);
  }
}
