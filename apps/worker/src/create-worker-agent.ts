import 'reflect-metadata';
import { aclModule } from '@steppe/acl/di';
import type { Agent, AgentHost } from '@steppe/agent';
import { nodeHost } from '@steppe/agent';
import {
  aclRoutesModule,
  clientOnlyModule,
  clientRoleModule,
  commonModule,
  composeAgent,
  hostModule,
  roleRoutesModule,
  schedulingRoutesModule,
} from '@steppe/agent/di';
import { clientModule } from '@steppe/client/di';
import type { AgentConfig } from '@steppe/config';
import { configModule } from '@steppe/config/di';
import { SteppeError } from '@steppe/domain';
import { logStreamModule } from '@steppe/log-stream/di';
import { profilingModule } from '@steppe/profiling/di';
import { reverseLinkModule, rpcClientModule } from '@steppe/rpc/di';
import { runtimeModule } from '@steppe/runtime/di';
import type { ContainerModule } from 'inversify';

export interface WorkerAgentOptions {
  /** Must enable the client role and no other. */
  readonly config: AgentConfig;
  /** Loaded after ours, in order: add contributions with `bind`, replace services with `rebind`. */
  readonly modules?: readonly ContainerModule[];
  /** The process around the agent; default this one, with a configuration that reloads as it is. */
  readonly host?: AgentHost;
}

/**
 * Composes a client agent: the same packages as the server app, without those of the server role.
 * @throws WORKER_ROLE_INVALID when the configuration asks for another role; AGENT_WIRING_INVALID naming a broken binding
 */
export function createWorkerAgent({ config, modules = [], host }: WorkerAgentOptions): Agent {
  if (config.server.enabled || !config.client.enabled) {
    throw new SteppeError(
      { code: 'WORKER_ROLE_INVALID' },
      'the worker app runs the client role only: enable client and not server, or use the server app',
    );
  }
  return composeAgent([
    configModule(config),
    hostModule(host ?? nodeHost(process, () => Promise.resolve(config))),
    runtimeModule,
    logStreamModule,
    aclModule,
    profilingModule,
    rpcClientModule,
    commonModule,
    clientOnlyModule,
    clientModule,
    reverseLinkModule,
    clientRoleModule,
    roleRoutesModule,
    aclRoutesModule,
    schedulingRoutesModule,
    ...modules,
  ]);
}
