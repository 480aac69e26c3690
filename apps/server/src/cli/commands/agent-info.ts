import { errorMessage } from '@steppe/domain';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { formatted, OUTPUT_FLAGS } from './output-formats.js';

interface SelfWire {
  readonly stats: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export const agentInfo = defineCommand({
  flags: { ...CLIENT_FLAGS, ...OUTPUT_FLAGS },
  takes: '',
  help: 'Prints the statistics of an agent, or with -json everything it tells of itself.',
  run: async ({ flags, args, io }) => {
    if (args.length > 0) throw new UsageError('This command takes no arguments');
    let self: SelfWire;
    try {
      self = (await clientOf({ flags, io }).get('/v1/agent/self')) as SelfWire;
    } catch (error) {
      throw new Error(`Error querying agent info: failed querying self endpoint: ${errorMessage(error)}`, {
        cause: error,
      });
    }
    io.writeOut(formatted(flags, self) ?? sections(self));
    return 0;
  },
});

/** Each section by name, its values below it. */
function sections({ stats }: SelfWire): string {
  const byKey = <T>(map: Readonly<Record<string, T>>): readonly (readonly [string, T])[] =>
    Object.entries(map).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return byKey(stats)
    .map(
      ([name, values]) =>
        `${name}\n${byKey(values)
          .map(([key, value]) => `  ${key} = ${value}\n`)
          .join('')}`,
    )
    .join('');
}
