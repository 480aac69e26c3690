import 'reflect-metadata';
import { aclModule } from '@steppe/acl/di';
import type { Agent, AgentHost } from '@steppe/agent';
import { nodeHost } from '@steppe/agent';
import {
  aclRoutesModule,
  aclServerModule,
  clientOnlyModule,
  clientRoleModule,
  commonModule,
  composeAgent,
  hostModule,
  jobsServerModule,
  roleRoutesModule,
  schedulingModule,
  schedulingRoutesModule,
  serverRoleModule,
} from '@steppe/agent/di';
import { clientModule } from '@steppe/client/di';
import type { AgentConfig } from '@steppe/config';
import { configModule } from '@steppe/config/di';
import { gossipModule } from '@steppe/gossip/di';
import { logStreamModule } from '@steppe/log-stream/di';
import { profilingModule } from '@steppe/profiling/di';
import { reverseLinkModule, rpcClientModule, rpcServerModule } from '@steppe/rpc/di';
import { runtimeModule } from '@steppe/runtime/di';
import { schedulerModule } from '@steppe/scheduler/di';
import { stateModule } from '@steppe/state/di';
import type { ContainerModule } from 'inversify';

export interface ServerAgentOptions {
  readonly config: AgentConfig;
  /** Loaded after ours, in order: add contributions with `bind`, replace services with `rebind`. */
  readonly modules?: readonly ContainerModule[];
  /** The process around the agent; default this one, with a configuration that reloads as it is. */
  readonly host?: AgentHost;
}

/**
 * Composes an agent with the roles its configuration enables: server, client, or both.
 * @throws AGENT_WIRING_INVALID naming the binding that is missing, doubled or fails
 */
export function createServerAgent({ config, modules = [], host }: ServerAgentOptions): Agent {
  const ofRoles = [
    ...(config.server.enabled
      ? [
          stateModule,
          rpcServerModule,
          gossipModule,
          schedulerModule,
          serverRoleModule,
          schedulingModule,
          aclServerModule,
          jobsServerModule,
        ]
      : [clientOnlyModule]),
    ...(config.client.enabled ? [clientModule, reverseLinkModule, clientRoleModule] : []),
  ];
  return composeAgent([
    configModule(config),
    hostModule(host ?? nodeHost(process, () => Promise.resolve(config))),
    runtimeModule,
    logStreamModule,
    aclModule,
    profilingModule,
    rpcClientModule,
    commonModule,
    ...ofRoles,
    roleRoutesModule,
    aclRoutesModule,
    schedulingRoutesModule,
    ...modules,
  ]);
}
