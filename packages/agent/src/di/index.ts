export { aclRoutesModule } from './acl-routes-module.js';
export { aclServerModule } from './acl-server-module.js';
export { composeAgent } from './compose-agent.js';
export { clientOnlyModule } from './client-only-module.js';
export { clientRoleModule } from './client-role-module.js';
export { commonModule } from './common-module.js';
export { jobsServerModule } from './jobs-server-module.js';
export { roleRoutesModule } from './role-routes-module.js';
export { schedulingModule } from './scheduling-module.js';
export { schedulingRoutesModule } from './scheduling-routes-module.js';
export { serverRoleModule } from './server-role-module.js';
export { hostModule } from './host-module.js';
export {
  Agent,
  AgentAddresses,
  AgentHost,
  AgentIdentity,
  ClusterView,
  DefaultHttpErrorMapper,
  ExpressContribution,
  HealthCheck,
  HttpErrorMapper,
  HttpRouteContribution,
  Reloadable,
  StatsSection,
  TargetResolver,
} from './tokens.js';
