import { TokenResolverOptions } from '@steppe/acl/di';
import { AgentConfig } from '@steppe/config/di';
import { StateStore } from '@steppe/state/di';
import { ContainerModule } from 'inversify';
import { AclBootstrap } from '../acl/acl-bootstrap.js';
import { AclPolicies } from '../acl/acl-policies.js';
import { AclRoles } from '../acl/acl-roles.js';
import { AclTokens } from '../acl/acl-tokens.js';
import { OneTimeTokens } from '../acl/one-time-tokens.js';
import { MountedRoutes } from '../http/mounted-routes.js';
import { StateReads } from '../cluster/state-reads.js';
import { AclBootstrapRoutes } from '../routes/acl/acl-bootstrap-routes.js';
import { AclExplainRoutes } from '../routes/acl/acl-explain-routes.js';
import { AclPolicyRoutes } from '../routes/acl/acl-policy-routes.js';
import { AclRoleRoutes } from '../routes/acl/acl-role-routes.js';
import { AclTokenRoutes } from '../routes/acl/acl-token-routes.js';
import { maybe, ofRole } from './injection.js';
import { HttpRouteContribution } from './tokens.js';

/** `/v1/acl/…`, on every agent: those without the server role pass the requests on. */
export const aclRoutesModule = new ContainerModule(({ bind }) => {
  bind(AclBootstrapRoutes).toResolvedValue(
    (options: TokenResolverOptions, bootstrap: AclBootstrap | undefined) =>
      new AclBootstrapRoutes(options, ofRole(bootstrap)),
    [TokenResolverOptions, maybe(AclBootstrap)],
  );
  bind(AclPolicyRoutes).toResolvedValue(
    (options: TokenResolverOptions, reads: StateReads | undefined, policies: AclPolicies | undefined) =>
      new AclPolicyRoutes(options, { reads: ofRole(reads), policies: ofRole(policies) }),
    [TokenResolverOptions, maybe(StateReads), maybe(AclPolicies)],
  );
  bind(AclRoleRoutes).toResolvedValue(
    (options: TokenResolverOptions, reads: StateReads | undefined, roles: AclRoles | undefined) =>
      new AclRoleRoutes(options, { reads: ofRole(reads), roles: ofRole(roles) }),
    [TokenResolverOptions, maybe(StateReads), maybe(AclRoles)],
  );
  bind(AclTokenRoutes).toResolvedValue(
    (
      options: TokenResolverOptions,
      reads: StateReads | undefined,
      state: StateStore | undefined,
      tokens: AclTokens | undefined,
      oneTime: OneTimeTokens | undefined,
    ) =>
      new AclTokenRoutes(options, {
        reads: ofRole(reads),
        state: ofRole(state),
        tokens: ofRole(tokens),
        oneTime: ofRole(oneTime),
      }),
    [TokenResolverOptions, maybe(StateReads), maybe(StateStore), maybe(AclTokens), maybe(OneTimeTokens)],
  );
  bind(AclExplainRoutes).toResolvedValue(
    ({ acl, enableDebug }: AgentConfig, state: StateStore | undefined, mounted: MountedRoutes) =>
      new AclExplainRoutes({ aclEnabled: acl.enabled, enableDebug }, { state: ofRole(state), mounted }),
    [AgentConfig, maybe(StateStore), MountedRoutes],
  );
  for (const routes of [AclBootstrapRoutes, AclExplainRoutes, AclPolicyRoutes, AclRoleRoutes, AclTokenRoutes]) {
    bind(HttpRouteContribution).toService(routes);
  }
});
