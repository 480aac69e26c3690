import { diskFiles, loadAgentConfig, machineInterfaces } from '@steppe/config';
import { errorMessage } from '@steppe/domain';
import { availableParallelism } from 'node:os';
import { defineCommand, UsageError } from '../command.js';

export const configValidate = defineCommand({
  flags: {},
  takes: '<path>...',
  help: 'Checks configuration files and folders as an agent would at its start.',
  run: async ({ args, io }) => {
    if (args.length === 0) throw new UsageError('Must specify at least one config file or directory');
    try {
      const { warnings } = loadAgentConfig(
        { flags: { config: args }, environment: io.environment },
        { files: diskFiles, interfaces: machineInterfaces, cpuCount: availableParallelism() },
      );
      for (const warning of warnings) io.writeOut(`${warning}\n`);
    } catch (error) {
      throw new Error(`Configuration is not valid: ${errorMessage(error)}`, { cause: error });
    }
    io.writeOut('Configuration is valid!\n');
    return 0;
  },
});
