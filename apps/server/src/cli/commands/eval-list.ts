import type { FlagTable } from '@steppe/config';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { explained } from './acl-input.js';
import { evalTable } from './eval-table.js';
import type { EvalWire } from './eval-wire.js';
import { formatted, OUTPUT_FLAGS } from './output-formats.js';

const FLAGS = {
  ...CLIENT_FLAGS,
  ...OUTPUT_FLAGS,
  job: { kind: 'string', usage: 'only those of this job' },
  status: { kind: 'string', usage: 'only those with this status' },
  filter: { kind: 'string', usage: 'only those an expression is true of' },
  'per-page': { kind: 'int', usage: 'how many at a time' },
  'page-token': { kind: 'string', usage: 'where to begin' },
  verbose: { kind: 'bool', usage: 'show ids in full' },
} as const satisfies FlagTable;

export const evalList = defineCommand({
  flags: FLAGS,
  takes: '',
  help: 'Lists evaluations.',
  run: async ({ flags, args, io }) => {
    if (args.length > 0) throw new UsageError('This command takes no arguments');
    const given = {
      job: flags.job,
      status: flags.status,
      filter: flags.filter,
      per_page: flags['per-page'],
      next_token: flags['page-token'],
    };
    const query = Object.fromEntries(
      Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, `${value}`]])),
    );
    const { value, nextToken } = await explained('Error listing evaluations: ', () =>
      clientOf({ flags, io }).page('/v1/evaluations', query),
    );
    const evals = value as readonly EvalWire[];
    const isVerbose = flags.verbose === true;
    const table = evals.length === 0 ? 'No evals found' : evalTable(evals, { isVerbose });
    const more =
      nextToken === undefined ? '' : `\n\nThere are more; the next page begins with -page-token=${nextToken}`;
    io.writeOut(formatted(flags, evals) ?? `${table}${more}\n`);
    return 0;
  },
});
