import { errorMessage } from '@steppe/domain';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';

export const serverForceLeave = defineCommand({
  flags: { ...CLIENT_FLAGS, prune: { kind: 'bool', usage: 'erase the member from the list' } },
  takes: '<member name>',
  help: 'Makes a failed server left, so that nobody tries to reach it any more.',
  run: async ({ flags, args, io }) => {
    const [node] = args;
    if (node === undefined || args.length > 1) throw new UsageError('This command takes one argument: <member name>');
    try {
      await clientOf({ flags, io }).put('/v1/agent/force-leave', {
        node,
        ...(flags.prune === true ? { prune: '1' } : {}),
      });
    } catch (error) {
      throw new Error(`Error force-leaving server ${node}: ${errorMessage(error)}`, { cause: error });
    }
    return 0;
  },
});
