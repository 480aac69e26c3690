import { errorMessage } from '@steppe/domain';
import type { StackProfile } from '@steppe/profiling';
import { decodePprof, flameGraphPage, formatProfile, profileDifference } from '@steppe/profiling';
import { readFile } from 'node:fs/promises';
import { defineCommand, UsageError } from '../command.js';
import { growthTable } from '../format/profile-table.js';
import { datedName } from './new-file.js';
import { FILE_EXTENSIONS, saveProfile, TOP_FLAG, topOf } from './profile-output.js';

/** What can show that something shrank. */
const FORMATS = ['pprof', 'collapsed', 'html'] as const;
type DifferenceFormat = (typeof FORMATS)[number];

export const profileDiff = defineCommand({
  flags: {
    o: { kind: 'string', usage: 'file to write the difference to' },
    format: { kind: 'string', usage: 'pprof, collapsed or html; default pprof' },
    top: TOP_FLAG,
  },
  takes: '<before> <after>',
  help: 'Compares two saved profiles of one kind and shows the functions that grew or shrank most.',
  run: async ({ flags, args, io }) => {
    const [beforeFile, afterFile] = args;
    if (beforeFile === undefined || afterFile === undefined || args.length > 2) {
      throw new UsageError('This command takes two arguments: <before> <after>');
    }
    const format = formatOf(flags.format ?? 'pprof');
    const top = topOf(flags);
    const before = await readProfile(beforeFile);
    const after = await readProfile(afterFile);
    const table = growthTable(before, after, top);
    if (flags.o !== undefined || flags.format !== undefined) {
      const file = flags.o ?? datedName('steppe-diff', FILE_EXTENSIONS[format]);
      await saveProfile(file, await differenceIn(format, before, after));
      io.writeOut(`Difference written to ${file}\n`);
    }
    if (top > 0) io.writeOut(table);
    return 0;
  },
});

function formatOf(text: string): DifferenceFormat {
  const format = FORMATS.find((each) => each === text);
  if (format !== undefined) return format;
  throw new UsageError(`-format must be one of ${FORMATS.join(', ')}, got "${text}"`);
}

async function differenceIn(format: DifferenceFormat, before: StackProfile, after: StackProfile): Promise<Uint8Array> {
  if (format === 'html') return Buffer.from(flameGraphPage(after, 'difference', before));
  return (await formatProfile(profileDifference(before, after), format, 'difference')).bytes;
}

/** @throws an `Error` naming the file */
async function readProfile(file: string): Promise<StackProfile> {
  try {
    return decodePprof(await readFile(file));
  } catch (error) {
    throw new Error(`Error reading ${file}: ${errorMessage(error)}`, { cause: error });
  }
}
