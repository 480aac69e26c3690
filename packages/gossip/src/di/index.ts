export { gossipModule } from './module.js';
export { DefaultMembership, GossipPoolOptions, MemberGuard, Membership } from './tokens.js';
