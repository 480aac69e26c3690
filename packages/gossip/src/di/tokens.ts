import { token } from '@steppe/runtime/di';
import type * as core from '../index.js';

export type Membership = core.Membership;
export const Membership = token<core.Membership>('@steppe/gossip/Membership');

/** The built-in pool, for wrapping. */
export const DefaultMembership = token<core.GossipPool>('@steppe/gossip/DefaultMembership');

export type GossipPoolOptions = core.GossipPoolOptions;
export const GossipPoolOptions = token<core.GossipPoolOptions>('@steppe/gossip/GossipPoolOptions');

/** Replaceable: who may be in the pool. */
export type MemberGuard = core.MemberGuard;
export const MemberGuard = token<core.MemberGuard>('@steppe/gossip/MemberGuard');
