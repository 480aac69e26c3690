import { AGENT_FLAGS } from '@steppe/config';
import { defineCommand, UsageError } from '../command.js';

/** The help of `steppe agent`; the agent itself reads its flags, as the worker's does. */
export const agentHelp = defineCommand({
  flags: AGENT_FLAGS,
  takes: '',
  help: 'Runs an agent in the foreground until a signal ends it. `steppe agent -dev` needs nothing else.',
  run: () => Promise.reject(new UsageError('the agent reads its own flags')),
});
