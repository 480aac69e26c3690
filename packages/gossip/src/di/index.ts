export { gossipModule } from './module.js';
export { DefaultMembership, Membership, SingleMemberPoolOptions } from './tokens.js';
