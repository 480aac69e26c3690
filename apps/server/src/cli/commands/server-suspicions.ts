import { errorMessage } from '@steppe/domain';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { formatColumns } from '../format/columns.js';
import type { GossipWire } from './gossip-wire.js';
import { formatted, OUTPUT_FLAGS } from './output-formats.js';

/** Steppe's own: who suspected whom, when, and how it ended. */
export const serverSuspicions = defineCommand({
  flags: { ...CLIENT_FLAGS, ...OUTPUT_FLAGS },
  takes: '[<member name>]',
  help: 'Shows whom the pool suspected to be dead: since when, by whom, confirmed by whom, and how it ended.',
  run: async ({ flags, args, io }) => {
    if (args.length > 1) throw new UsageError('This command takes at most one argument: <member name>');
    const [node] = args;
    let wire: GossipWire;
    try {
      wire = (await clientOf({ flags, io }).get('/v1/agent/gossip', node === undefined ? {} : { node })) as GossipWire;
    } catch (error) {
      throw new Error(`Error querying suspicions: ${errorMessage(error)}`, { cause: error });
    }
    if (node !== undefined && wire.Members.length === 0) throw new Error(`No member is called ${node}`);
    const other = formatted(flags, wire.Members);
    if (other !== undefined) {
      io.writeOut(other);
      return 0;
    }
    const rows = wire.Members.flatMap(({ Name, Suspicions }) =>
      Suspicions.map(({ Since, Accusers, Outcome, EndedAt }) => [
        Name,
        Since,
        Accusers[0]?.Name ?? '',
        Accusers.slice(1)
          .map((accuser) => accuser.Name)
          .join(',') || '-',
        Outcome,
        EndedAt ?? '-',
      ]),
    );
    if (rows.length === 0) io.writeOut('Nobody was suspected\n');
    else io.writeOut(`${formatColumns([['Member', 'Since', 'By', 'Confirmed by', 'Outcome', 'Ended'], ...rows])}\n`);
    return 0;
  },
});
