import type { FlagTable } from '@steppe/config';
import type { Readable } from 'node:stream';
import type { ApiClient, QueryValues } from '../api/api-client.js';
import type { CliIo } from '../cli-io.js';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { formatBytes } from '../format/bytes.js';
import { formatColumns } from '../format/columns.js';
import { formatMoment } from '../format/time.js';
import { explained } from './acl-input.js';
import { allocOfJob, findAlloc } from './alloc-lookup.js';
import { beginningOf, copyFrames, TAIL_FLAGS, untilInterrupted } from './frame-copy.js';

const FLAGS = {
  ...CLIENT_FLAGS,
  ...TAIL_FLAGS,
  H: { kind: 'bool', usage: 'sizes in bytes' },
  job: { kind: 'string', usage: 'of an allocation of this job, a running one if there is one' },
  stat: { kind: 'bool', usage: 'tell about the file or folder instead of showing it' },
} as const satisfies FlagTable;

/** What `/v1/client/fs/stat` tells of a file or folder, and `ls` of each in a folder. */
interface FileWire {
  readonly Name: string;
  readonly IsDir: boolean;
  readonly Size: number;
  readonly FileMode: string;
  readonly ModTime: string;
}

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
    const { query: beginning, lines } = beginningOf(flags);
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
      const isPart = flags.f === true || beginning.origin === 'end';
      await explained('Error reading file: ', () =>
        isPart
          ? untilInterrupted(io, (signal) => {
              const part = { ...query, ...beginning, follow: `${flags.f === true}` };
              return copyFrames(client, { path: `/v1/client/fs/stream/${ID}`, query: part, lines, signal }, io);
            })
          : copyFile(client, `/v1/client/fs/cat/${ID}`, query, io),
      );
    }
    return 0;
  },
});

async function copyFile(client: ApiClient, path: string, query: QueryValues, io: CliIo): Promise<void> {
  const { body }: { readonly body: Readable } = await client.download(path, query);
  for await (const chunk of body as AsyncIterable<Buffer>) {
    io.writeOut(chunk);
    await io.written();
  }
}

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
