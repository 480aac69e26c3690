import { ClientRuntime } from '@steppe/client/di';
import { AgentConfig } from '@steppe/config/di';
import { Membership } from '@steppe/gossip/di';
import { Logger } from '@steppe/runtime/di';
import { WorkerPool } from '@steppe/scheduler/di';
import { NODES } from '@steppe/state';
import { Leadership, StateStore } from '@steppe/state/di';
import { ContainerModule } from 'inversify';
import { apiError } from '../http/api-error.js';
import { memberName } from '../identity/agent-identity.js';
import { GossipRoutes } from '../routes/gossip-routes.js';
import { KeyringRoutes } from '../routes/keyring-routes.js';
import { MembershipRoutes } from '../routes/membership-routes.js';
import { SchedulersRoutes } from '../routes/schedulers-routes.js';
import { ServersRoutes } from '../routes/servers-routes.js';
import { LocalTargetResolver } from '../targets/target-resolver.js';
import { maybe } from './injection.js';
import { AgentIdentity, HttpRouteContribution, TargetResolver } from './tokens.js';

/** The part of a role, on routes that are only reached when the agent has that role. */
const ofRole =
  <T>(part: T | undefined) =>
  (): T => {
    if (part === undefined) throw apiError('ROLE_MISSING');
    return part;
  };

/**
 * Operations that need one role but exist on every agent, where they say that the role is missing; and the resolution of
 * targets, which looks at both roles.
 */
export const roleRoutesModule = new ContainerModule(({ bind }) => {
  bind(TargetResolver).toResolvedValue(
    (
      identity: AgentIdentity,
      client: ClientRuntime | undefined,
      membership: Membership | undefined,
      leadership: Leadership | undefined,
      state: StateStore | undefined,
    ) =>
      new LocalTargetResolver({
        identity,
        localNodeId: () => client?.nodeId,
        server:
          membership === undefined || leadership === undefined || state === undefined
            ? undefined
            : {
                leaderId: () => leadership.leader()?.id,
                isNodeKnown: (id) => state.snapshot().get(NODES, id) !== undefined,
              },
      }),
    [AgentIdentity, maybe(ClientRuntime), maybe(Membership), maybe(Leadership), maybe(StateStore)],
  );

  bind(MembershipRoutes).toResolvedValue(
    (membership: Membership | undefined, { server }: AgentConfig, logger: Logger) =>
      new MembershipRoutes({
        membership: ofRole(membership),
        allowAnonymousJoin: server.allowAnonymousJoin,
        logger: logger.named('nomad'),
      }),
    [maybe(Membership), AgentConfig, Logger],
  );
  bind(GossipRoutes).toResolvedValue(
    (membership: Membership | undefined) => new GossipRoutes(ofRole(membership)),
    [maybe(Membership)],
  );
  bind(KeyringRoutes).toResolvedValue(
    (membership: Membership | undefined) => new KeyringRoutes(ofRole(membership)),
    [maybe(Membership)],
  );
  bind(SchedulersRoutes).toResolvedValue(
    (identity: AgentIdentity, pool: WorkerPool | undefined) =>
      new SchedulersRoutes({ serverName: memberName(identity), pool: ofRole(pool) }),
    [AgentIdentity, maybe(WorkerPool)],
  );
  bind(ServersRoutes).toResolvedValue(
    (client: ClientRuntime | undefined) => new ServersRoutes(ofRole(client)),
    [maybe(ClientRuntime)],
  );
  for (const routes of [MembershipRoutes, GossipRoutes, KeyringRoutes, SchedulersRoutes, ServersRoutes]) {
    bind(HttpRouteContribution).toService(routes);
  }
});
