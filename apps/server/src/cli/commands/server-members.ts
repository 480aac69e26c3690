import { errorMessage } from '@steppe/domain';
import type { ApiClient } from '../api/api-client.js';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { formatColumns } from '../format/columns.js';
import type { GossipWire } from './gossip-wire.js';
import { formatted, OUTPUT_FLAGS } from './output-formats.js';

interface MemberWire {
  readonly Name: string;
  readonly Addr: string;
  readonly Port: number;
  readonly Status: string;
  readonly Tags: Readonly<Record<string, string>>;
}

/** Leaders by region, and why some are not known. */
interface Leaders {
  readonly addresses: ReadonlyMap<string, string>;
  readonly failures: readonly string[];
}

export const serverMembers = defineCommand({
  flags: {
    ...CLIENT_FLAGS,
    ...OUTPUT_FLAGS,
    verbose: { kind: 'bool', usage: 'show all tags' },
    detailed: { kind: 'bool', usage: 'the same as -verbose' },
  },
  takes: '',
  help: 'Lists the servers of the gossip pool, as the agent asked sees them.',
  run: async ({ flags, args, io }) => {
    if (args.length > 0) throw new UsageError('This command takes no arguments');
    const client = clientOf({ flags, io });
    const members = await membersOf(client);
    if (members === undefined) {
      io.writeError("Agent doesn't know about server members\n");
      return 0;
    }
    const leaders = await leadersOf(client, members);
    const sorted = members.toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
    const data = sorted.map((member) => ({
      ...member,
      Tags: { ...member.Tags, Leader: `${isLeader(member, leaders)}` },
    }));
    const other = formatted(flags, data);
    if (other !== undefined) {
      io.writeOut(other);
      return 0;
    }
    const isDetailed = flags.verbose === true || flags.detailed === true;
    const rows = isDetailed ? detailedRows(sorted) : withRtts(standardRows(sorted, leaders), await rttsOf(client));
    io.writeOut(`${formatColumns(rows)}\n`);
    if (leaders.failures.length === 0) return 0;
    io.writeError(`\nError determining leaders: ${leaders.failures.join('\n')}\n`);
    return 1;
  },
});

async function membersOf(client: ApiClient): Promise<readonly MemberWire[] | undefined> {
  try {
    const reply = (await client.get('/v1/agent/members')) as { readonly Members: readonly MemberWire[] | null } | null;
    return reply?.Members ?? undefined;
  } catch (error) {
    throw new Error(`Error querying servers: ${errorMessage(error)}`, { cause: error });
  }
}

/** Asks each region that still has somebody in it. */
async function leadersOf(client: ApiClient, members: readonly MemberWire[]): Promise<Leaders> {
  const regions = new Set(members.filter(({ Status }) => Status !== 'left').map(({ Tags }) => Tags['region'] ?? ''));
  const addresses = new Map<string, string>();
  const failures: string[] = [];
  for (const region of regions) {
    try {
      addresses.set(region, (await client.get('/v1/status/leader', { region })) as string);
    } catch (error) {
      failures.push(`Region "${region}": ${errorMessage(error)}`);
    }
  }
  return { addresses, failures };
}

/** Round-trip estimates by name, as texts; empty from an agent that does not tell. */
async function rttsOf(client: ApiClient): Promise<ReadonlyMap<string, string>> {
  try {
    const { Members } = (await client.get('/v1/agent/gossip')) as GossipWire;
    return new Map(Members.map(({ Name, RTT }) => [Name, RTT === null ? '-' : `${(RTT / 1e6).toFixed(2)} ms`]));
  } catch {
    // The table is complete without them: the agent may be another than Steppe, or have no server role.
    return new Map();
  }
}

function withRtts(rows: readonly (readonly string[])[], rtts: ReadonlyMap<string, string>) {
  if (rtts.size === 0) return rows;
  return rows.map((row, i) => [...row, i === 0 ? 'RTT' : (rtts.get(row[0] ?? '') ?? '-')]);
}

const isLeader = ({ Addr, Tags }: MemberWire, { addresses }: Leaders): boolean => {
  const host = Addr.includes(':') ? `[${Addr}]` : Addr;
  return addresses.get(Tags['region'] ?? '') === `${host}:${Tags['port']}`;
};

const sortKey = ({ Name, Tags }: MemberWire): string => [Tags['region'], Tags['dc'], Name].join('\0');

const standardRows = (members: readonly MemberWire[], leaders: Leaders): readonly (readonly string[])[] => [
  ['Name', 'Address', 'Port', 'Status', 'Leader', 'Raft Version', 'Build', 'Datacenter', 'Region'],
  ...members.map((member) => {
    const { Name, Addr, Port, Status, Tags } = member;
    const tag = (name: string): string => Tags[name] ?? '';
    return [
      Name,
      Addr,
      `${Port}`,
      Status,
      `${isLeader(member, leaders)}`,
      tag('raft_vsn'),
      tag('build'),
      tag('dc'),
      tag('region'),
    ];
  }),
];

const detailedRows = (members: readonly MemberWire[]): readonly (readonly string[])[] => [
  ['Name', 'Address', 'Port', 'Tags'],
  ...members.map(({ Name, Addr, Port, Tags }) => {
    const pairs = Object.keys(Tags)
      .toSorted()
      .map((name) => `${name}=${Tags[name]}`);
    return [Name, Addr, `${Port}`, pairs.join(',')];
  }),
];
