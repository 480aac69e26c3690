import { errorMessage, SteppeError } from '@steppe/domain';
import { Container } from 'inversify';
import type { ContainerModule } from 'inversify';
import type { Agent as AgentType } from '../lifecycle/agent.js';
import { Agent } from './tokens.js';

/**
 * Loads the modules in order into one container and resolves the agent with everything it needs, so that a binding that
 * is missing, doubled or throws fails here and not at the first request.
 * @throws AGENT_WIRING_INVALID naming the binding
 */
export function composeAgent(modules: readonly ContainerModule[]): AgentType {
  const container = new Container({ defaultScope: 'Singleton' });
  try {
    for (const module of modules) container.load(module);
    return container.get(Agent);
  } catch (error) {
    throw new SteppeError({ code: 'AGENT_WIRING_INVALID' }, `cannot compose the agent: ${wiringProblem(error)}`, {
      cause: error,
    });
  }
}

/** One sentence of the container's many lines: what is wrong, and with which service. */
function wiringProblem(error: unknown): string {
  const text = errorMessage(error);
  const service = /@steppe\/[\w./-]+|Symbol\([^)]+\)/.exec(text)?.[0];
  const problem = text.split('\n')[0]?.trim() ?? text;
  return service === undefined || problem.includes(service) ? problem : `${problem} (${service})`;
}
