import { encodeJson, errorMessage } from '@steppe/domain';
import type { SnapshotSummary } from '@steppe/state';
import { inspectState } from '@steppe/state';
import { defineCommand } from '../command.js';
import { formatBytes } from '../format/bytes.js';
import { formatColumns, formatKeyValues } from '../format/columns.js';
import { fileArgument, openSnapshot } from './snapshot-file.js';

/** Of snapshots that the first builds have made. */
const UNKNOWN = 'unknown';

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

const wire = ({ version, index, term, createdMs, tables, bytes, sha256 }: SnapshotSummary) => ({
  CreatedAt: createdMs === undefined ? null : timeOf(createdMs),
  ID: sha256,
  Index: index,
  Size: bytes,
  Term: term ?? null,
  Types: tables.map((table) => ({ Count: table.rows, Index: table.index, Name: table.name, Size: table.bytes })),
  Version: version,
});

function text({ version, index, term, createdMs, tables, bytes, sha256 }: SnapshotSummary): string {
  const head = formatKeyValues([
    ['ID', sha256],
    ['Created', createdMs === undefined ? UNKNOWN : timeOf(createdMs)],
    ['Size', formatBytes(bytes)],
    ['Index', `${index}`],
    ['Term', `${term ?? UNKNOWN}`],
    ['Version', `${version}`],
  ]);
  const rows = tables.map((table) => [table.name, `${table.rows}`, formatBytes(table.bytes)]);
  const sum = (of: (table: SnapshotSummary['tables'][number]) => number) =>
    tables.reduce((total, table) => total + of(table), 0);
  const total = ['Total', `${sum((table) => table.rows)}`, formatBytes(sum((table) => table.bytes))];
  return `${head}\n\n${formatColumns([['Type', 'Count', 'Size'], ...rows, total])}\n`;
}

const timeOf = (ms: number): string => new Date(ms).toISOString();
