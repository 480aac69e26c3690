import { errorMessage } from '@steppe/domain';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';

interface JoinWire {
  readonly error: string;
  readonly num_joined: number;
  readonly warning: string;
}

export const serverJoin = defineCommand({
  flags: CLIENT_FLAGS,
  takes: '<address>...',
  help: 'Has a server join the gossip pools at the given addresses.',
  run: async ({ flags, args, io }) => {
    if (args.length === 0) throw new UsageError('This command takes at least one argument: <address>');
    let reply: JoinWire;
    try {
      reply = (await clientOf({ flags, io }).put('/v1/agent/join', { address: args })) as JoinWire;
    } catch (error) {
      throw new Error(`Error joining: ${errorMessage(error)}`, { cause: error });
    }
    if (reply.error !== '') throw new Error(`Error joining: ${reply.error}`);
    io.writeOut(`Joined ${reply.num_joined} servers successfully\n`);
    if (reply.warning !== '') io.writeError(`Warning: ${reply.warning}\n`);
    return 0;
  },
});
