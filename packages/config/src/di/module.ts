import { ContainerModule } from 'inversify';
import type { AgentConfig as Config } from '../index.js';
import { AgentConfig } from './tokens.js';

/** Binds the configuration an agent is composed with. */
export function configModule(config: Config): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(AgentConfig).toConstantValue(config);
  });
}
