import type { ClientRuntime as ClientRuntimeType } from '@steppe/client';
import { ClientRuntime } from '@steppe/client/di';
import { RpcClient } from '@steppe/rpc/di';
import { ContainerModule } from 'inversify';
import { RemoteClusterView } from '../cluster/remote-cluster-view.js';
import { ClusterView } from './tokens.js';

/** For an agent without the server role: what it is asked about the cluster, it asks a server. */
export const relayModule = new ContainerModule(({ bind }) => {
  bind(RemoteClusterView).toResolvedValue(
    (rpc: RpcClient, client: ClientRuntimeType) => new RemoteClusterView({ rpc, servers: () => client.servers() }),
    [RpcClient, ClientRuntime],
  );
  bind(ClusterView).toService(RemoteClusterView);
});
