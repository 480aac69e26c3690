import { ClientRuntime } from '@steppe/client/di';
import { ContainerModule } from 'inversify';
import { ClientTargets } from '../targets/client-targets.js';
import { TargetResolver } from './tokens.js';

/** For an agent without the server role: what it is asked about the cluster, it asks a server. */
export const clientOnlyModule = new ContainerModule(({ bind }) => {
  bind(TargetResolver).toResolvedValue(
    (client: ClientRuntime) => new ClientTargets({ nodeId: () => client.nodeId }),
    [ClientRuntime],
  );
});
