import { encodeJson, errorMessage } from '@steppe/domain';
import type { SnapshotSummary } from '@steppe/state';
import { inspectState } from '@steppe/state';
import { defineCommand } from '../command.js';
import { formatBytes } from '../format/bytes.js';
import { formatColumns, formatKeyValues } from '../format/columns.js';
import { fileArgument, openSnapshot } from './snapshot-file.js';

/** Needs no agent. */
export const snapshotInspect = defineCommand({
  flags: { json: { kind: 'bool', usage: 'print as JSON' } },
  takes: '<file>',
  help: 'Reads a snapshot file to its end, checks it, and tells what it holds.',
  run: async ({ flags, args, io }) => {
    const snapshot = await openSnapshot(fileArgument(args));
    let summary: SnapshotSummary;
    try {
      summary = await inspectState(snapshot);
    } catch (error) {
      throw new Error(`Error verifying snapshot: ${errorMessage(error)}`, { cause: error });
    }
    io.writeOut(flags.json === true ? encodeJson(wire(summary), { pretty: true }) : text(summary));
    return 0;
  },
});

const wire = ({ version, index, tables, bytes, sha256 }: SnapshotSummary) => ({
  ID: sha256,
  Index: index,
  Size: bytes,
  Types: tables.map(({ name, index: tableIndex, rows }) => ({ Count: rows, Index: tableIndex, Name: name })),
  Version: version,
});

function text({ version, index, tables, bytes, sha256 }: SnapshotSummary): string {
  const head = formatKeyValues([
    ['ID', sha256],
    ['Size', formatBytes(bytes)],
    ['Index', `${index}`],
    ['Version', `${version}`],
  ]);
  const rows = tables.map((table) => [table.name, `${table.rows}`, `${table.index}`]);
  const total = tables.reduce((sum, table) => sum + table.rows, 0);
  return `${head}\n\n${formatColumns([['Type', 'Count', 'Index'], ...rows, ['Total', `${total}`]])}\n`;
}
