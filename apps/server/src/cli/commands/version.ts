import { BUILD } from '@steppe/agent';
import { defineCommand } from '../command.js';

export const version = defineCommand({
  flags: {},
  takes: '',
  help: 'Prints the version of Steppe and of the agent API it answers.',
  run: async ({ io }) => {
    io.writeOut(`Steppe v${BUILD.steppeVersion}\nAgent API of Nomad v${BUILD.apiVersion}\n`);
    return 0;
  },
});
