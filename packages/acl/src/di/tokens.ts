import { token } from '@steppe/runtime/di';
import type * as core from '../index.js';

export type TokenResolver = core.TokenResolver;
export const TokenResolver = token<core.TokenResolver>('@steppe/acl/TokenResolver');

export type TokenResolverOptions = core.TokenResolverOptions;
export const TokenResolverOptions = token<core.TokenResolverOptions>('@steppe/acl/TokenResolverOptions');

/** The built-in resolver, for wrapping. */
export const DefaultTokenResolver = token<core.TokenResolver>('@steppe/acl/DefaultTokenResolver');
