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
export {
  permissionDenied,
  serversUnreachable,
  signedTokenInvalid,
  tokenExpired,
  tokenMalformed,
  tokenNotFound,
} from './errors.js';
export type { AclError, AclErrorDetail } from './errors.js';
export {
  ACLS_DISABLED_TOKEN,
  ANONYMOUS_TOKEN,
  callerLabel,
  callerOfNode,
  callerOfToken,
  LEADER_TOKEN,
} from './resolution/caller.js';
export type { ResolvedCaller } from './resolution/caller.js';
export type { ResolveOptions, TokenResolver, TokenResolverOptions } from './resolution/token-resolver.js';
export { StorelessTokenResolver } from './resolution/storeless-token-resolver.js';
export type { PolicySource } from './resolution/policy-set.js';
export { ServerTokenResolver } from './resolution/server-token-resolver.js';
export type { AclSource, NodeIdentity, ServerTokenResolverDeps } from './resolution/server-token-resolver.js';
export { ClientTokenResolver } from './resolution/client-token-resolver.js';
export type {
  AclRemote,
  ClientTokenResolverDeps,
  ClientTokenResolverOptions,
  WorkloadRights,
} from './resolution/client-token-resolver.js';
export { policiesOfWorkload } from './resolution/workload-identity.js';
export type { WorkloadIdentity, WorkloadVerifier } from './resolution/workload-identity.js';
export { CallerWatch } from './resolution/caller-watch.js';
export type { CallerWatchDeps, CallerWatchOptions } from './resolution/caller-watch.js';

export { encodeRules } from './language/rules-json.js';
export { hashPolicy, hashRole, hashToken } from './objects/content-hash.js';
export { policyProblems, preparePolicy } from './objects/policies.js';
export { prepareRole, roleProblems } from './objects/roles.js';
export type { PreparedRole, RoleContext } from './objects/roles.js';
export { isExpired, prepareToken } from './objects/tokens.js';
export type { PreparedToken, TokenContext, TokenLimits } from './objects/tokens.js';
export { makeOneTimeToken, redeemOneTimeToken } from './objects/one-time-tokens.js';
export { bootstrapToken, parseResetIndex } from './objects/bootstrap.js';
export type { BootstrapRequest } from './objects/bootstrap.js';
export { newAclId } from './objects/acl-id.js';

export { explain } from './explain/explain.js';
export type { Explanation, NamedPolicy, RuleReference } from './explain/explain.js';
