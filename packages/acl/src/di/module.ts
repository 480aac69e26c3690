import { ContainerModule } from 'inversify';
import { StorelessTokenResolver } from '../resolution/storeless-token-resolver.js';
import { DefaultTokenResolver, TokenResolver, TokenResolverOptions } from './tokens.js';

/** Binds `TokenResolver`; the assembly binds `TokenResolverOptions`. */
export const aclModule = new ContainerModule(({ bind }) => {
  bind(DefaultTokenResolver)
    .toResolvedValue((options: TokenResolverOptions) => new StorelessTokenResolver(options), [TokenResolverOptions])
    .inSingletonScope();
  bind(TokenResolver).toService(DefaultTokenResolver);
});
