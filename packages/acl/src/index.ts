/**
 * Access control: from a presented secret to what its holder may do.
 * @packageDocumentation
 */
export { MAX_POLICY_BYTES, parsePolicy } from './language/parse-policy.js';
export type { ParsePolicyOptions } from './language/parse-policy.js';
export type {
  CapabilityRule,
  LabelledRule,
  LevelRule,
  NamespaceRule,
  PolicyRules,
  Rule,
  VariablePathRule,
} from './language/policy-rules.js';

export type { Acl, WorkloadClaim } from './decision/acl.js';
export { compileAcl } from './decision/compile-acl.js';
export {
  ABSENT_ACL,
  clientAcl,
  DENY_ALL_ACL,
  DISABLED_ACL,
  MANAGEMENT_ACL,
  SERVER_ACL,
} from './decision/special-acls.js';
export { allows, parseCheck } from './decision/checks.js';
export type { AclCheck, CheckName, PlainCheckName, VariableCheck } from './decision/checks.js';
export { CheckBatch } from './decision/batch.js';
export type { BatchAnswer } from './decision/batch.js';
export type { AclError, AclErrorDetail } from './errors.js';
export { StorelessTokenResolver, tokenExpired, tokenMalformed, tokenNotFound } from './resolution/token-resolver.js';
export type { TokenResolver, TokenResolverOptions } from './resolution/token-resolver.js';
