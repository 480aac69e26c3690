import { token } from '@steppe/runtime/di';
import type * as core from '../index.js';

export type Membership = core.Membership;
export const Membership = token<core.Membership>('@steppe/gossip/Membership');

/** The built-in pool, for wrapping. */
export const DefaultMembership = token<core.SingleMemberPool>('@steppe/gossip/DefaultMembership');

export type SingleMemberPoolOptions = core.SingleMemberPoolOptions;
export const SingleMemberPoolOptions = token<core.SingleMemberPoolOptions>('@steppe/gossip/SingleMemberPoolOptions');
