import { errorMessage, parseGoDuration } from '@steppe/domain';
import type { ProfileFormat } from '@steppe/profiling';
import { decodePprof, formatProfile, parseProfileFormat } from '@steppe/profiling';
import type { ApiClient, QueryValues } from '../api/api-client.js';
import { readBody } from '../api/read-body.js';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { profileTable } from '../format/profile-table.js';
import { datedName, demandNewFile } from './new-file.js';
import { nodeIdOf } from './node-lookup.js';
import { FILE_EXTENSIONS, MAX_PROFILE_BYTES, saveProfile, TOP_FLAG, topOf } from './profile-output.js';

const TARGET_FLAGS = {
  ...CLIENT_FLAGS,
  'node-id': { kind: 'string', usage: 'the client node with this id or prefix' },
  'server-id': { kind: 'string', usage: 'the server with this name or id, or leader' },
  o: { kind: 'string', usage: 'file to write; default one named after kind and time, in this folder' },
} as const;
const STACK_FLAGS = {
  ...TARGET_FLAGS,
  format: { kind: 'string', usage: 'pprof, collapsed, speedscope, html, or of a new CPU profile cpuprofile' },
  top: TOP_FLAG,
} as const;
const SECONDS_FLAG = { kind: 'int', usage: 'how long to look; default 1' } as const;

interface Target {
  readonly 'node-id'?: string | undefined;
  readonly 'server-id'?: string | undefined;
}

export const profileCpu = defineCommand({
  flags: {
    ...STACK_FLAGS,
    seconds: SECONDS_FLAG,
    since: { kind: 'string', usage: 'what ran before now, as 5m; for agents that keep it (profiling.history)' },
  },
  takes: '',
  help: 'Takes a CPU profile of an agent, saves it, and shows where the time went.',
  run: async ({ flags, args, io }) => {
    demandNoArguments(args);
    const { since } = flags;
    if (since !== undefined && flags.seconds !== undefined) {
      throw new UsageError('-since is of the past and takes no -seconds');
    }
    const time: QueryValues =
      since === undefined ? { seconds: secondsOf(flags) } : { since: durationOf('-since', since) };
    const client = clientOf({ flags, io });
    return saveStacks('cpu', flags, io.writeOut, async (extra) =>
      download(client, 'profile', flags, { ...time, ...extra }),
    );
  },
});

/** Profiles of one moment, by the names they have in the API. */
export const lookupProfile = (name: string) =>
  defineCommand({
    flags: STACK_FLAGS,
    takes: '',
    help: `Takes the profile "${name}" of an agent, saves it, and shows what is in it.`,
    run: async ({ flags, args, io }) => {
      demandNoArguments(args);
      const client = clientOf({ flags, io });
      return saveStacks(name, flags, io.writeOut, async (extra) => download(client, name, flags, extra));
    },
  });

export const profileTrace = defineCommand({
  flags: { ...TARGET_FLAGS, seconds: SECONDS_FLAG },
  takes: '',
  help: 'Takes a trace of an agent and saves it, for ui.perfetto.dev or chrome://tracing.',
  run: async ({ flags, args, io }) => {
    demandNoArguments(args);
    const file = flags.o ?? datedName('steppe-trace', '.json');
    await demandNewFile(file);
    const client = clientOf({ flags, io });
    await saveProfile(file, await download(client, 'trace', flags, { seconds: secondsOf(flags) }));
    io.writeOut(`Trace written to ${file}\n`);
    return 0;
  },
});

async function saveStacks(
  kind: string,
  flags: { readonly o?: string; readonly format?: string; readonly top?: number },
  writeOut: (text: string) => void,
  fetchProfile: (query: QueryValues) => Promise<Buffer>,
): Promise<number> {
  const format = formatOf(flags.format);
  const top = topOf(flags);
  const file = flags.o ?? datedName(`steppe-${kind}`, FILE_EXTENSIONS[format]);
  // Before the time is spent.
  await demandNewFile(file);
  if (format === 'cpuprofile') {
    // It has the samples in their order, which a pprof profile does not: only the agent can make it.
    await saveProfile(file, await fetchProfile({ format }));
    writeOut(`Profile written to ${file}\n`);
    return 0;
  }
  const bytes = await fetchProfile({});
  const profile = decodePprof(bytes);
  await saveProfile(file, format === 'pprof' ? bytes : (await formatProfile(profile, format, kind)).bytes);
  writeOut(`Profile written to ${file}\n`);
  if (top > 0) writeOut(`\n${profileTable(profile, top)}`);
  return 0;
}

async function download(client: ApiClient, name: string, target: Target, query: QueryValues): Promise<Buffer> {
  const nodeId = await nodeIdOf(client, target['node-id'] ?? '');
  try {
    const { body } = await client.download(`/v1/agent/pprof/${name}`, {
      node_id: nodeId,
      server_id: target['server-id'] ?? '',
      ...query,
    });
    return await readBody(body, MAX_PROFILE_BYTES);
  } catch (error) {
    throw new Error(`Error taking profile: ${errorMessage(error)}`, { cause: error });
  }
}

function demandNoArguments(args: readonly string[]): void {
  if (args.length > 0) throw new UsageError('This command takes no arguments');
}

function secondsOf({ seconds = 1 }: { readonly seconds?: number }): string {
  if (seconds < 1) throw new UsageError(`-seconds must be at least 1, got ${seconds}`);
  return `${seconds}`;
}

/** Checked here, so that what is wrong is named as the user wrote it. */
function durationOf(flag: string, text: string): string {
  try {
    parseGoDuration(text);
    return text;
  } catch (error) {
    throw new UsageError(`${flag}: ${errorMessage(error)}`, { cause: error });
  }
}

function formatOf(text: string | undefined): ProfileFormat {
  try {
    return parseProfileFormat(text ?? 'pprof');
  } catch (error) {
    throw new UsageError(`-format: ${errorMessage(error)}`, { cause: error });
  }
}
