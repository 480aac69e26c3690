import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { explained } from './acl-input.js';

const BODY = {};

export const systemGc = defineCommand({
  flags: CLIENT_FLAGS,
  takes: '',
  help: 'Has everything deleted that nobody needs any more. Servers do so in the background.',
  run: async ({ flags, args, io }) => {
    if (args.length > 0) throw new UsageError('This command takes no arguments');
    await explained('Error running system garbage-collection: ', () =>
      clientOf({ flags, io }).put('/v1/system/gc', {}, BODY),
    );
    return 0;
  },
});

export const systemReconcileSummaries = defineCommand({
  flags: CLIENT_FLAGS,
  takes: '',
  help: 'Has the summaries of all jobs worked out anew.',
  run: async ({ flags, args, io }) => {
    if (args.length > 0) throw new UsageError('This command takes no arguments');
    await explained('Error running system summary reconciliation: ', () =>
      clientOf({ flags, io }).put('/v1/system/reconcile/summaries', {}, BODY),
    );
    return 0;
  },
});
