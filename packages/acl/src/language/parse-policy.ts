import type { HclSyntaxDetail, SteppeError } from '@steppe/domain';
import { isJsonDocument, isSteppeError } from '@steppe/domain';
import { policyInvalid } from '../errors.js';
import { checkRules } from './check-rules.js';
import { decodePolicy } from './decode-policy.js';
import type { WrittenRules } from './decode-policy.js';
import { leftoverKeys } from './leftover-keys.js';
import type { PolicyDocument } from './policy-document.js';
import { readPolicyDocument } from './policy-document.js';
import type { PolicyRules } from './policy-rules.js';

/** Longest policy text, bytes. Differs from Nomad: there only the request is limited. */
export const MAX_POLICY_BYTES = 1024 * 1024;

export interface ParsePolicyOptions {
  /**
   * Refuses keys of the outermost level that nobody knows, as when a policy is written. Otherwise they are ignored, as when a
   * stored policy is used. Default false.
   */
  readonly isStrict?: boolean;
}

/**
 * Parses the rules of a policy, HCL (version 1) or JSON. An empty text is a policy without rules.
 * @returns immutable rules with shorthands expanded, each knowing its line and column
 * @throws ACL_POLICY_INVALID, and nothing else, within time in proportion to the text
 * @see spec "Policy language" of the ACL system
 */
export function parsePolicy(text: string, { isStrict = false }: ParsePolicyOptions = {}): PolicyRules {
  if (text === '') return NO_RULES;
  const { document, rules } = read(text);
  if (Object.values(rules).every((found) => found === undefined || (Array.isArray(found) && found.length === 0)))
    throw policyInvalid(`Invalid policy: ${text}`);
  return { ...checkRules(rules, isStrict ? leftoverKeys(document, rules) : []), raw: text };
}

const NO_RULES: PolicyRules = {
  namespaces: [],
  nodePools: [],
  hostVolumes: [],
  agent: undefined,
  node: undefined,
  operator: undefined,
  sentinel: undefined,
  quota: undefined,
  plugin: undefined,
  raw: '',
};

function read(text: string): { readonly document: PolicyDocument; readonly rules: WrittenRules } {
  const prefix = 'Failed to parse ACL Policy: ';
  if (text.length > MAX_POLICY_BYTES || Buffer.byteLength(text) > MAX_POLICY_BYTES)
    throw policyInvalid(`${prefix}At 1:1: text is longer than ${MAX_POLICY_BYTES} bytes`);
  try {
    const document = readPolicyDocument(text);
    return { document, rules: decodePolicy(document) };
  } catch (error) {
    if (!isSteppeError(error, 'HCL_SYNTAX')) throw error;
    const { at, problem } = (error as SteppeError<HclSyntaxDetail>).detail;
    // Nomad: its JSON reader does not know places.
    const place = isJsonDocument(text) ? '-' : `${at.line}:${at.column}`;
    throw policyInvalid(`${prefix}At ${place}: ${problem}`, at);
  }
}
