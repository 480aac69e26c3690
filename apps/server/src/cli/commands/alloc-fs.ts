import type { FlagTable } from '@steppe/config';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { formatBytes } from '../format/bytes.js';
import { formatColumns } from '../format/columns.js';
import { formatMoment } from '../format/time.js';
import { explained } from './acl-input.js';
import { allocOfJob, findAlloc } from './alloc-lookup.js';
import { beginningOf, copyFrames, TAIL_FLAGS, untilInterrupted } from './frame-copy.js';

/** What `/v1/client/fs/stat` tells of a file or folder, and `ls` of each in a folder. */
interface FileWire {
  readonly Name: string;
  readonly IsDir: boolean;
  readonly Size: number;
  readonly FileMode: string;
  readonly ModTime: string;
}

const FLAGS = {
  ...CLIENT_FLAGS,
  ...TAIL_FLAGS,
  H: { kind: 'bool', usage: 'sizes in bytes' },
  job: { kind: 'string', usage: 'of an allocation of this job, a running one if there is one' },
  stat: { kind: 'bool', usage: 'tell about the file or folder instead of showing it' },
} as const satisfies FlagTable;

export const allocFs = defineCommand({
  flags: FLAGS,
  takes: '<allocation id or prefix> [<path>]',
  help: 'Lists a folder of an allocation, or shows a file in it.',
  run: async ({ flags, args, io }) => {
    const rest = flags.job === undefined ? args.slice(1) : args;
    const prefix = flags.job ?? args[0];
    if (prefix === undefined || rest.length > 1) {
      throw new UsageError('This command takes one or two arguments: <allocation> [<path>]');
    }
    const { origin, offset, lines } = beginningOf(flags);
    const client = clientOf({ flags, io });
    const { ID, Namespace } = await (flags.job === undefined ? findAlloc(client, prefix) : allocOfJob(client, prefix));
    const query = { namespace: Namespace, path: rest[0] ?? '/' };
    const file = (await explained('Error reading path: ', () =>
      client.get(`/v1/client/fs/stat/${ID}`, query),
    )) as FileWire;
    const size = flags.H === true ? String : formatBytes;
    if (flags.stat === true) io.writeOut(`${fileTable([file], size)}\n`);
    else if (file.IsDir) {
      const files = (await explained('Error listing path: ', () =>
        client.get(`/v1/client/fs/ls/${ID}`, query),
      )) as readonly FileWire[];
      io.writeOut(`${fileTable(files, size)}\n`);
    } else {
      const path = `/v1/client/fs/stream/${ID}`;
      const range = { ...query, follow: `${flags.f === true}`, origin, offset: `${offset}` };
      await explained('Error reading file: ', () =>
        untilInterrupted(io, (signal) => copyFrames(client, { path, query: range, lines, signal }, io)),
      );
    }
    return 0;
  },
});

const fileTable = (files: readonly FileWire[], size: (bytes: number) => string): string =>
  formatColumns([
    ['Mode', 'Size', 'Modified Time', 'Name'],
    ...files.map(({ FileMode, Size, ModTime, Name, IsDir }) => [
      FileMode,
      size(Size),
      formatMoment(ModTime),
      IsDir ? `${Name}/` : Name,
    ]),
  ]);
