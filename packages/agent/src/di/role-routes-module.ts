import { ClientRuntime } from '@steppe/client/di';
import { AgentConfig } from '@steppe/config/di';
import { Membership } from '@steppe/gossip/di';
import { Clock, Logger } from '@steppe/runtime/di';
import { WorkerPool } from '@steppe/scheduler/di';
import { Leadership, StateStore } from '@steppe/state/di';
import { ContainerModule } from 'inversify';
import { memberName } from '../identity/agent-identity.js';
import { GossipRoutes } from '../routes/gossip-routes.js';
import { SigningKeys } from '../workload/signing-keys.js';
import { IdentityRoutes } from '../routes/identity-routes.js';
import { ClientAllocationRoutes } from '../routes/client/client-allocation-routes.js';
import { ClientFilesRoutes } from '../routes/client/client-files-routes.js';
import { ClientNodeRoutes } from '../routes/client/client-node-routes.js';
import { KeyringRoutes } from '../routes/keyring-routes.js';
import { MembersRoutes } from '../routes/members-routes.js';
import { MembershipRoutes } from '../routes/membership-routes.js';
import { NodeAvailability } from '../nodes/node-availability.js';
import { NodesRoutes } from '../routes/nodes-routes.js';
import { OperatorRoutes } from '../routes/operator-routes.js';
import { SchedulersRoutes } from '../routes/schedulers-routes.js';
import { ServersRoutes } from '../routes/servers-routes.js';
import { StatusRoutes } from '../routes/status-routes.js';
import { maybe, ofRole } from './injection.js';
import { AgentIdentity, ClusterView, HttpRouteContribution } from './tokens.js';

/** Operations that need one role but exist on every agent: elsewhere they are passed on, or say that the role is missing. */
export const roleRoutesModule = new ContainerModule(({ bind }) => {
  bind(MembersRoutes).toResolvedValue(
    (view: ClusterView | undefined) => new MembersRoutes(ofRole(view)),
    [maybe(ClusterView)],
  );
  bind(StatusRoutes).toResolvedValue(
    (view: ClusterView | undefined) => new StatusRoutes(ofRole(view)),
    [maybe(ClusterView)],
  );
  bind(NodesRoutes).toResolvedValue(
    (view: ClusterView | undefined, availability: NodeAvailability | undefined) =>
      new NodesRoutes({ view: ofRole(view), availability: ofRole(availability) }),
    [maybe(ClusterView), maybe(NodeAvailability)],
  );
  bind(OperatorRoutes).toResolvedValue(
    (view: ClusterView | undefined, state: StateStore | undefined, leadership: Leadership | undefined, clock: Clock) =>
      new OperatorRoutes({ view: ofRole(view), state: ofRole(state), leadership: ofRole(leadership), clock }),
    [maybe(ClusterView), maybe(StateStore), maybe(Leadership), Clock],
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
  bind(IdentityRoutes).toResolvedValue(
    (state: StateStore | undefined, keys: SigningKeys | undefined, { server }: AgentConfig) =>
      new IdentityRoutes({ state: ofRole(state), keys: ofRole(keys), issuer: server.oidcIssuer }),
    [maybe(StateStore), maybe(SigningKeys), AgentConfig],
  );
  bind(ClientFilesRoutes).toResolvedValue(
    (client: ClientRuntime | undefined, clock: Clock) => new ClientFilesRoutes({ client: ofRole(client), clock }),
    [maybe(ClientRuntime), Clock],
  );
  bind(ClientAllocationRoutes).toResolvedValue(
    (client: ClientRuntime | undefined) => new ClientAllocationRoutes(ofRole(client)),
    [maybe(ClientRuntime)],
  );
  bind(ClientNodeRoutes).toResolvedValue(
    (client: ClientRuntime | undefined) => new ClientNodeRoutes(client),
    [maybe(ClientRuntime)],
  );
  for (const routes of [
    MembersRoutes,
    StatusRoutes,
    NodesRoutes,
    OperatorRoutes,
    MembershipRoutes,
    GossipRoutes,
    KeyringRoutes,
    SchedulersRoutes,
    ServersRoutes,
    IdentityRoutes,
    ClientFilesRoutes,
    ClientAllocationRoutes,
    ClientNodeRoutes,
  ]) {
    bind(HttpRouteContribution).toService(routes);
  }
});
