import { ContainerModule } from 'inversify';
import type { AgentHost as AgentHostType } from '../lifecycle/agent-host.js';
import { AgentHost } from './tokens.js';

/** Binds the process an agent runs in. */
export function hostModule(host: AgentHostType): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(AgentHost).toConstantValue(host);
  });
}
