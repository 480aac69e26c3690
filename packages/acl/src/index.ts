/**
 * Access control: from a presented secret to what its holder may do.
 * @packageDocumentation
 */
export { compileAcl, DENY_ALL_ACL, DISABLED_ACL, MANAGEMENT_ACL } from './decision/acl.js';
export type { AccessLevel, AccessLevels, Acl } from './decision/acl.js';
export type { AclError, AclErrorDetail } from './errors.js';
export { StorelessTokenResolver, tokenExpired, tokenMalformed, tokenNotFound } from './resolution/token-resolver.js';
export type { TokenResolver, TokenResolverOptions } from './resolution/token-resolver.js';
