import { errorMessage } from '@steppe/domain';
import { CLIENT_FLAGS, clientOf, defineCommand } from '../command.js';
import { fileArgument, openSnapshot } from './snapshot-file.js';

export const snapshotRestore = defineCommand({
  flags: CLIENT_FLAGS,
  takes: '<file>',
  help: 'Replaces all state of the region by that of a snapshot file.',
  run: async ({ flags, args, io }) => {
    const snapshot = await openSnapshot(fileArgument(args));
    try {
      await clientOf({ flags, io }).upload('/v1/operator/snapshot', {}, snapshot);
    } catch (error) {
      throw new Error(`Failed to restore snapshot: ${errorMessage(error)}`, { cause: error });
    }
    io.writeOut('Snapshot Restored\n');
    return 0;
  },
});
