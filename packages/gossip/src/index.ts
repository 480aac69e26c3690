/**
 * Cluster membership: who is in the gossip pool, and the keys it speaks with.
 * @packageDocumentation
 */
export type { JoinResult, Membership } from './membership/membership.js';
export { SingleMemberPool } from './membership/single-member-pool.js';
export type { SingleMemberPoolDeps, SingleMemberPoolOptions } from './membership/single-member-pool.js';
export type { Resolver } from './membership/reachability.js';
export type { KeyringManager, KeyringReply } from './keyring/keyring.js';
export { serverTags } from './server/server-tags.js';
export type { ServerTagsInput } from './server/server-tags.js';
export { parseServerMember, refuseNonServer } from './server/server-member.js';
export type { ServerMember } from './server/server-member.js';
export { JoinKeeper } from './membership/join-keeper.js';
export type { JoinKeeperDeps, JoinKeeperOptions } from './membership/join-keeper.js';
export type { GossipError, GossipErrorDetail } from './errors.js';
export { GOSSIP_METRICS } from './metrics.js';
