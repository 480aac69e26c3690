import { errorMessage } from '@steppe/domain';
import type { ApiClient, QueryValues } from '../api/api-client.js';
import type { CliIo } from '../cli-io.js';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { wantsColour, withLevelColours } from '../format/level-colours.js';
import { LogFollower } from './log-follower.js';
import { nodeIdOf } from './node-lookup.js';
import { OriginTags } from './origin-tags.js';

/** An agent whose log is shown. */
interface Origin {
  readonly name: string;
  readonly query: QueryValues;
}

interface MemberWire {
  readonly Name: string;
  readonly Status: string;
  readonly Tags: Readonly<Record<string, string>>;
}

export const monitor = defineCommand({
  flags: {
    ...CLIENT_FLAGS,
    'log-level': {
      kind: 'string',
      usage: 'lines of this level and above: trace, debug, info, warn or error; default info',
    },
    'log-include-location': { kind: 'bool', usage: 'show file and line of each log call' },
    'log-json': { kind: 'bool', usage: 'lines as JSON' },
    json: { kind: 'bool', usage: 'the same as -log-json' },
    'node-id': { kind: 'string', usage: 'the client node with this id or prefix; with -all several, parted by commas' },
    'server-id': { kind: 'string', usage: 'the server with this name or id, or leader' },
    all: { kind: 'bool', usage: 'every server, and the nodes of -node-id; each line is tagged with where it is from' },
    plain: { kind: 'bool', usage: 'ask for plain lines; what breaks off is not taken up again' },
    since: { kind: 'string', usage: 'begin in the past: a duration such as 10m, an RFC 3339 time, or seq:<number>' },
    tail: { kind: 'string', usage: 'begin with the last so many lines' },
    follow: { kind: 'bool', usage: 'go on with what is logged from now on; default true' },
    logger: { kind: 'strings', usage: 'only this logger and those below it; may be repeated' },
    grep: { kind: 'string', usage: 'only lines that this pattern matches' },
    field: { kind: 'strings', usage: 'only lines with this <key>=<value>; may be repeated' },
  },
  takes: '',
  help: 'Shows the log of the agent that is asked, of another, or of many, until it is interrupted.',
  run: async ({ flags, args, io }) => {
    if (args.length > 0) throw new UsageError('This command takes no arguments');
    const client = clientOf({ flags, io });
    const isAll = flags.all === true;
    const isJson = flags['log-json'] === true || flags.json === true;
    const isColoured = wantsColour(flags, io);
    const origins = isAll
      ? await everyOrigin(client, flags['node-id'] ?? '')
      : [{ name: '', query: await targetOf(client, flags['node-id'] ?? '', flags['server-id'] ?? '') }];
    const query = {
      log_level: flags['log-level'] ?? '',
      log_json: `${isJson}`,
      log_include_location: `${flags['log-include-location'] === true}`,
      ...ownQuery(flags),
    };
    const isPlain = flags.plain === true;
    const leave = new AbortController();
    const stopListening = io.onInterrupt(() => leave.abort());
    const follow = (origin: Origin): Promise<void> =>
      new LogFollower(client, {
        query: { ...query, ...(isPlain ? { plain: 'true' } : {}), ...origin.query },
        isPlain,
        isEndless: flags.follow !== false,
        signal: leave.signal,
        ...outputOf(io, origin, { isTagged: isAll, isJson, isColoured }),
      }).run();
    try {
      if (!isAll) await Promise.all(origins.map(follow));
      else if (!(await followAll(origins, follow, io))) return 1;
      return 0;
    } finally {
      stopListening();
    }
  },
});

/** One that fails leaves the others alone. @returns whether none did */
async function followAll(
  origins: readonly Origin[],
  follow: (origin: Origin) => Promise<void>,
  io: CliIo,
): Promise<boolean> {
  const results = await Promise.all(
    origins.map((origin) =>
      follow(origin).then(
        () => true,
        (error: unknown) => {
          io.writeError(`[${origin.name}] ${errorMessage(error)}\n`);
          return false;
        },
      ),
    ),
  );
  return results.every(Boolean);
}

function outputOf(
  io: CliIo,
  { name }: Origin,
  {
    isTagged,
    isJson,
    isColoured,
  }: { readonly isTagged: boolean; readonly isJson: boolean; readonly isColoured: boolean },
) {
  const tags = isTagged ? new OriginTags(name, { isJson }) : undefined;
  return {
    onLines: async (lines: Uint8Array): Promise<void> => {
      const shown = tags === undefined ? lines : Buffer.from(tags.tag(lines));
      io.writeOut(isColoured ? withLevelColours(shown) : shown);
      // A terminal that takes its time makes the agent wait, not us swell.
      await io.written();
    },
    onNotice: (text: string): void => io.writeError(`==> ${isTagged ? `[${name}] ` : ''}${text}\n`),
  };
}

/** Parameters that only agents of ours know, as far as they were asked for. */
function ownQuery(flags: {
  readonly since?: string | undefined;
  readonly tail?: string | undefined;
  readonly follow?: boolean | undefined;
  readonly logger?: readonly string[] | undefined;
  readonly grep?: string | undefined;
  readonly field?: readonly string[] | undefined;
}): QueryValues {
  const query: Record<string, string | readonly string[]> = {};
  for (const name of ['since', 'tail', 'logger', 'grep'] as const) {
    const value = flags[name];
    if (value !== undefined && value.length > 0) query[name] = value;
  }
  if (flags.follow === false) query['follow'] = 'false';
  for (const field of flags.field ?? []) {
    const mark = field.indexOf('=');
    if (mark < 1) throw new UsageError(`-field must be <key>=<value>, got "${field}"`);
    query[`field.${field.slice(0, mark)}`] = field.slice(mark + 1);
  }
  return query;
}

async function targetOf(client: ApiClient, nodeId: string, serverId: string): Promise<QueryValues> {
  return { node_id: await nodeIdOf(client, nodeId), server_id: serverId };
}

async function everyOrigin(client: ApiClient, nodeIds: string): Promise<readonly Origin[]> {
  const reply = (await client.get('/v1/agent/members').catch((error: unknown) => {
    throw new Error(`Error querying servers: ${errorMessage(error)}`, { cause: error });
  })) as { readonly Members: readonly MemberWire[] | null };
  const servers = (reply.Members ?? [])
    .filter(({ Status, Tags }) => Status === 'alive' && Tags['role'] === 'nomad')
    .map(({ Name, Tags }): Origin => ({ name: Name, query: { server_id: Name, region: Tags['region'] ?? '' } }));
  const nodes: Origin[] = [];
  for (const id of nodeIds.split(',').filter((each) => each !== '')) {
    const full = await nodeIdOf(client, id);
    nodes.push({ name: full.slice(0, 8), query: { node_id: full } });
  }
  return [...servers, ...nodes];
}
