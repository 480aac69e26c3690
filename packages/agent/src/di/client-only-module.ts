import { ClientTokenResolver } from '@steppe/acl';
import { DefaultTokenResolver } from '@steppe/acl/di';
import { ClientRuntime } from '@steppe/client/di';
import { AgentConfig } from '@steppe/config/di';
import { RpcClient } from '@steppe/rpc/di';
import { Clock, Logger } from '@steppe/runtime/di';
import { ContainerModule } from 'inversify';
import { RpcAclRemote } from '../acl/rpc-acl-remote.js';
import { ClientTargets } from '../targets/client-targets.js';
import { TargetResolver } from './tokens.js';

/** For an agent without the server role: what it is asked about the cluster, it asks a server. */
export const clientOnlyModule = new ContainerModule(({ bind, rebind }) => {
  bind(TargetResolver).toResolvedValue(
    (client: ClientRuntime) =>
      new ClientTargets({
        nodeId: () => client.nodeId,
        hasAllocation: (id) => client.allocations().some(({ allocation }) => allocation.id === id),
      }),
    [ClientRuntime],
  );
  rebind(DefaultTokenResolver).toResolvedValue(
    ({ acl }: AgentConfig, rpc: RpcClient, client: ClientRuntime, clock: Clock, logger: Logger) =>
      new ClientTokenResolver(
        {
          aclEnabled: acl.enabled,
          tokenTtlMs: acl.tokenTtlMs,
          policyTtlMs: acl.policyTtlMs,
          roleTtlMs: acl.roleTtlMs,
        },
        {
          remote: new RpcAclRemote({ rpc, servers: () => client.servers() }),
          clock,
          logger: logger.named('client.acl'),
        },
      ),
    [AgentConfig, RpcClient, ClientRuntime, Clock, Logger],
  );
});
