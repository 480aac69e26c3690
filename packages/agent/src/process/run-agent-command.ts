import type { AgentConfig, LoadedConfig } from '@steppe/config';
import { diskFiles, loadAgentConfig, machineInterfaces, parseAgentFlags } from '@steppe/config';
import { errorMessage } from '@steppe/domain';
import { availableParallelism } from 'node:os';
import type { Agent } from '../lifecycle/agent.js';
import type { AgentHost } from '../lifecycle/agent-host.js';
import { nodeHost, nodeProcess } from './node-process.js';
import { runAgent } from './run-agent.js';

/** Makes the agent an app runs. */
export type AgentFactory = (config: AgentConfig, host: AgentHost) => Agent;

/**
 * The whole of `steppe agent …` and `steppe-worker …`: reads the configuration, composes the agent and runs it until a
 * signal ends it. What is wrong with flags or configuration is one sentence on stderr.
 * @returns the exit code
 */
export async function runAgentCommand(
  args: readonly string[],
  process: NodeJS.Process,
  create: AgentFactory,
): Promise<number> {
  const agentProcess = nodeProcess(process);
  const load = (): LoadedConfig =>
    loadAgentConfig(
      { flags: parseAgentFlags(args), environment: process.env },
      { files: diskFiles, interfaces: machineInterfaces, cpuCount: availableParallelism() },
    );
  let loaded: LoadedConfig;
  try {
    loaded = load();
  } catch (error) {
    agentProcess.writeError(`==> ${errorMessage(error)}\n`);
    return 1;
  }
  for (const warning of loaded.warnings) agentProcess.writeOut(`==> ${warning}\n`);
  const host = nodeHost(process, async () => load().config);
  return runAgent(() => create(loaded.config, host), loaded.config, agentProcess);
}
