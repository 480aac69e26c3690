export { aclModule } from './module.js';
export { DefaultTokenResolver, TokenResolver, TokenResolverOptions } from './tokens.js';
