import { errorMessage } from '@steppe/domain';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Download } from '../api/api-client.js';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { datedName, demandNewFile } from './new-file.js';

export const snapshotSave = defineCommand({
  flags: { ...CLIENT_FLAGS, stale: { kind: 'bool', usage: 'let any server answer, with what it knows' } },
  takes: '[<file>]',
  help: 'Saves all state of the region, as of one moment, to a file.',
  run: async ({ flags, args, io }) => {
    if (args.length > 1) throw new UsageError('This command takes at most one argument: <file>');
    const file = args[0] ?? datedName('steppe-state', '.snap');
    await demandNewFile(file);
    const partial = `${file}.tmp`;
    try {
      const query: Record<string, string> = flags.stale === true ? { stale: '' } : {};
      await write(await clientOf({ flags, io }).download('/v1/operator/snapshot', query), partial);
      await rename(partial, file);
    } catch (error) {
      await rm(partial, { force: true });
      throw new Error(`Error getting snapshot from server: ${errorMessage(error)}`, { cause: error });
    }
    io.writeOut(`State file written to ${file}\n`);
    return 0;
  },
});

/** Only the whole snapshot counts as one. */
async function write({ headers, body }: Download, file: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(
    body,
    async function* (source: AsyncIterable<Buffer>) {
      for await (const chunk of source) {
        hash.update(chunk);
        yield chunk;
      }
    },
    // The state holds what only operators may see.
    createWriteStream(file, { mode: 0o600, flush: true }),
  );
  const digest = `sha-256=${hash.digest('base64')}`;
  if (headers['digest'] !== digest) throw new Error('what arrived is not what the server sent: the digests differ');
}
