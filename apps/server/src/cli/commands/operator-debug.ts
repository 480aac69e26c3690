import { errorMessage, parseGoDuration } from '@steppe/domain';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { QueryValues } from '../api/api-client.js';
import { CLIENT_FLAGS, clientOf, connectionOf, defineCommand, UsageError } from '../command.js';
import { captureCluster, captureHost, captureState, versionWarnings } from '../debug/capture-cluster.js';
import { captureEvents, captureLog, exportLog } from '../debug/capture-logs.js';
import { captureProfiles } from '../debug/capture-profiles.js';
import { DebugBundle } from '../debug/debug-bundle.js';
import { DebugSession } from '../debug/debug-session.js';
import type { DebugTarget, DebugTargets } from '../debug/debug-targets.js';
import { debugTargets } from '../debug/debug-targets.js';
import { Redactor } from '../debug/redactor.js';
import { writeTarGz } from '../debug/tar-archive.js';

/** The folder or the archive could not be made. */
const NOT_WRITTEN = 2;

export const operatorDebug = defineCommand({
  flags: {
    ...CLIENT_FLAGS,
    duration: { kind: 'string', usage: 'how long logs are followed; default 5m' },
    interval: { kind: 'string', usage: 'how often the state of the cluster is captured; default 30s' },
    'server-id': { kind: 'string', usage: 'servers by name or id, parted by commas, leader, or all; default all' },
    'node-id': { kind: 'string', usage: 'nodes by id or prefix, parted by commas, or all; default all' },
    'node-class': { kind: 'string', usage: 'only nodes of this class' },
    'max-nodes': { kind: 'int', usage: 'at most so many nodes, 0 for all; default 10' },
    'log-level': { kind: 'string', usage: 'level of the logs; default TRACE' },
    'log-include-location': { kind: 'bool', usage: 'file and line of each log call; default true' },
    'log-file-export': { kind: 'bool', usage: 'the log file of each agent too' },
    'log-lookback': { kind: 'string', usage: 'so much of the past from the system journal too, such as 72h' },
    'pprof-duration': { kind: 'string', usage: 'how long a CPU profile and a trace take; default 1s' },
    'pprof-interval': { kind: 'string', usage: 'how often profiles are taken; default 30s' },
    'event-topic': { kind: 'string', usage: 'events to capture, <topic>[:<key>] parted by commas; default all' },
    'event-index': { kind: 'int', usage: 'events from this index on; default 0' },
    stale: { kind: 'bool', usage: 'let any server answer, with what it knows' },
    output: { kind: 'string', usage: 'write a folder into this one, and no archive' },
    verbose: { kind: 'bool', usage: 'list what could not be captured' },
  },
  takes: '',
  help: 'Captures logs, profiles and the state of a cluster in one archive, without secrets.',
  run: async ({ flags, args, io }) => {
    if (args.length > 0) throw new UsageError('This command takes no arguments');
    const plan = planOf(flags);
    const client = clientOf({ flags, io });
    io.writeOut('Starting debugger...\n\n');
    const query: QueryValues = flags.stale === true ? { stale: '' } : {};
    const targets = await debugTargets(client, {
      region: connectionOf({ flags, io }).region,
      serverIds: listOf(flags['server-id'] ?? 'all'),
      nodeIds: listOf(flags['node-id'] ?? 'all'),
      nodeClass: flags['node-class'] ?? '',
      maxNodes: flags['max-nodes'] ?? 10,
      query,
    });
    const all = [...targets.servers, ...targets.nodes];
    for (const warning of [...targets.warnings, ...versionWarnings(all)]) io.writeError(`${warning}\n`);
    io.writeOut(summary(targets, plan));

    const name = `steppe-debug-${stamp()}`;
    let folder: string;
    try {
      folder = await newFolder(flags.output, name);
    } catch (error) {
      io.writeError(`Failed to create the output folder: ${errorMessage(error)}\n`);
      return NOT_WRITTEN;
    }
    const { token, httpAuth } = connectionOf({ flags, io });
    const bundle = new DebugBundle(folder, new Redactor([token, httpAuth, httpAuth.slice(httpAuth.indexOf(':') + 1)]));
    const leave = new AbortController();
    const stopListening = io.onInterrupt(() => leave.abort());
    const timer = setTimeout(() => leave.abort(), plan.durationMs);
    try {
      io.writeOut('Capturing cluster data...\n');
      await bundle.writeJson('cluster/cli-flags.json', flags);
      await capture(
        new DebugSession({ client, bundle, over: leave.signal, query, show: io.writeOut }),
        targets,
        all,
        plan,
      );
      await bundle.close({ Name: name, Servers: targets.servers.length, Clients: targets.nodes.length });
      const archive = `${name}.tar.gz`;
      if (flags.output === undefined) await writeTarGz({ folder, paths: bundle.paths, root: name, file: archive });
      tellFailures(bundle, io.writeOut, flags.verbose === true);
      io.writeOut(
        flags.output === undefined ? `Created debug archive: ${archive}\n` : `Created debug directory: ${folder}\n`,
      );
      return 0;
    } catch (error) {
      io.writeError(`Failed to write what was captured: ${errorMessage(error)}\n`);
      return NOT_WRITTEN;
    } finally {
      clearTimeout(timer);
      leave.abort();
      stopListening();
      if (flags.output === undefined) await rm(folder, { recursive: true, force: true });
    }
  },
});

interface Plan {
  readonly durationMs: number;
  readonly intervalMs: number;
  readonly pprofSeconds: number;
  readonly pprofIntervalMs: number;
  readonly log: QueryValues;
  /** Absent when no past log is wanted. */
  readonly logExport?: QueryValues;
  readonly eventIndex: number;
  readonly eventTopics: readonly string[];
  readonly shown: readonly (readonly [string, string])[];
}

function planOf(flags: {
  readonly duration?: string;
  readonly interval?: string;
  readonly 'pprof-duration'?: string;
  readonly 'pprof-interval'?: string;
  readonly 'log-level'?: string;
  readonly 'log-include-location'?: boolean;
  readonly 'log-file-export'?: boolean;
  readonly 'log-lookback'?: string;
  readonly 'max-nodes'?: number;
  readonly 'event-index'?: number;
  readonly 'event-topic'?: string;
}): Plan {
  const duration = flags.duration ?? '5m';
  const interval = flags.interval ?? '30s';
  const pprofDuration = flags['pprof-duration'] ?? '1s';
  const pprofInterval = flags['pprof-interval'] ?? '30s';
  if ((flags['max-nodes'] ?? 0) < 0) throw new UsageError(`-max-nodes must not be negative, got ${flags['max-nodes']}`);
  if ((flags['event-index'] ?? 0) < 0) {
    throw new UsageError(`-event-index must not be negative, got ${flags['event-index']}`);
  }
  return {
    durationMs: durationOf('duration', duration),
    intervalMs: durationOf('interval', interval),
    // Nomad: what is below a second arrives as 0, which means one.
    pprofSeconds: Math.floor(durationOf('pprof-duration', pprofDuration) / 1_000),
    pprofIntervalMs: durationOf('pprof-interval', pprofInterval),
    log: {
      log_level: flags['log-level'] ?? 'TRACE',
      log_include_location: `${flags['log-include-location'] !== false}`,
    },
    ...logExportOf(flags['log-file-export'] === true, flags['log-lookback']),
    eventIndex: flags['event-index'] ?? 0,
    eventTopics: listOf(flags['event-topic'] ?? '').map((topic) => (topic.includes(':') ? topic : `${topic}:*`)),
    shown: [
      ['Interval', interval],
      ['Duration', duration],
      ['pprof Interval', pprofInterval],
      ['pprof Duration', pprofDuration],
    ],
  };
}

function logExportOf(isFile: boolean, lookback: string | undefined): Pick<Plan, 'logExport'> {
  if (!isFile && lookback === undefined) return {};
  if (isFile && lookback !== undefined) throw new UsageError('-log-file-export and -log-lookback exclude each other');
  if (lookback === undefined) return { logExport: { logs_since: '0s', on_disk: 'true' } };
  durationOf('log-lookback', lookback);
  return { logExport: { logs_since: lookback, on_disk: 'false', service_name: 'nomad' } };
}

/** Milliseconds. @throws UsageError */
function durationOf(flag: string, text: string): number {
  let ms: number;
  try {
    ms = Number(parseGoDuration(text)) / 1e6;
  } catch (error) {
    throw new UsageError(`Error parsing -${flag}: ${text}: ${errorMessage(error)}`, { cause: error });
  }
  if (ms <= 0) throw new UsageError(`-${flag} must be positive, got ${text}`);
  return ms;
}

const listOf = (text: string): readonly string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

function summary(
  { servers, serverCount, nodes, nodeCount, isNodeLimitReached }: DebugTargets,
  { shown }: Plan,
): string {
  const names = (targets: readonly DebugTarget[]): string => targets.map(({ id }) => id).join(' ');
  const line = (name: string, value: string): string => `${name.padStart(17)}: ${value}\n`;
  return [
    line('Servers', `(${servers.length}/${serverCount}) [${names(servers)}]`),
    line('Clients', `(${nodes.length}/${nodeCount}) [${names(nodes)}]`),
    ...(isNodeLimitReached ? [`${' '.repeat(19)}Max node count reached (${nodes.length})\n`] : []),
    ...shown.map(([name, value]) => line(name, value)),
    '\n',
  ].join('');
}

/** Logs and events in the background, profiles and state now and in their intervals. */
async function capture(
  session: DebugSession,
  targets: DebugTargets,
  all: readonly DebugTarget[],
  { log, logExport, intervalMs, pprofIntervalMs, pprofSeconds, eventIndex, eventTopics }: Plan,
): Promise<void> {
  await Promise.all([
    ...all.map((target) => captureLog(session, target, log)),
    ...(logExport === undefined ? [] : all.map((target) => exportLog(session, target, logExport))),
    captureEvents(session, eventIndex, eventTopics),
    captureCluster(session, targets),
    (async () => {
      for (const target of all) await captureHost(session, target);
    })(),
    session.repeat(pprofIntervalMs, async (round) => {
      for (const target of all) {
        if (round !== '0000' && session.over.aborted) return;
        await captureProfiles(session, target, { round, seconds: pprofSeconds });
        session.progress(`Captured profiles ${round} of ${target.id}`);
      }
    }),
    session.repeat(intervalMs, async (round) => {
      session.progress(`Capture interval ${round}`);
      await captureState(session, round);
    }),
  ]);
}

function tellFailures({ failures }: DebugBundle, writeOut: (text: string) => void, isVerbose: boolean): void {
  if (failures.length === 0) return;
  writeOut(`\nWhat could not be captured (${failures.length}) is listed in index.json\n`);
  if (isVerbose) for (const { what, error } of failures) writeOut(`    ${what}: ${error}\n`);
}

/** In UTC, as Nomad writes it: `2020-12-08-034455Z`. */
function stamp(): string {
  const [date = '', time = ''] = new Date().toISOString().split('T');
  return `${date}-${time.slice(0, 8).replaceAll(':', '')}Z`;
}

/** @throws what the disk fails with, also when there is one already */
async function newFolder(output: string | undefined, name: string): Promise<string> {
  if (output === undefined) return mkdtemp(join(tmpdir(), `${name}-`));
  await mkdir(output, { recursive: true });
  const folder = join(output, name);
  await mkdir(folder, { mode: 0o700 });
  return folder;
}
