import { errorMessage } from '@steppe/domain';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';

export const nodeConfig = defineCommand({
  flags: {
    ...CLIENT_FLAGS,
    servers: { kind: 'bool', usage: 'list the servers the client uses' },
    'update-servers': { kind: 'bool', usage: 'replace them by those of the given addresses that answer' },
  },
  takes: '[<address>...]',
  help: 'Shows or changes the servers a client agent uses.',
  run: async ({ flags, args, io }) => {
    const isUpdate = flags['update-servers'] === true;
    if (!isUpdate && flags.servers !== true) throw new UsageError('One of -servers and -update-servers must be given');
    const client = clientOf({ flags, io });
    if (isUpdate) {
      if (args.length === 0)
        throw new UsageError('If the -update-servers flag is set, at least one server must be provided');
      try {
        await client.put('/v1/agent/servers', { address: args });
      } catch (error) {
        throw new Error(`Error updating server list: ${errorMessage(error)}`, { cause: error });
      }
      io.writeOut('Updated server list\n');
      return 0;
    }
    let servers: readonly string[];
    try {
      servers = (await client.get('/v1/agent/servers')) as readonly string[];
    } catch (error) {
      throw new Error(`Error querying server list: ${errorMessage(error)}`, { cause: error });
    }
    io.writeOut(servers.map((server) => `${server}\n`).join(''));
    return 0;
  },
});
