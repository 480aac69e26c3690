import { errorMessage } from '@steppe/domain';
import { createHash } from 'node:crypto';
import type { ApiClient, QueryValues } from '../api/api-client.js';
import type { NodeStubWire } from '../commands/node-wire.js';

/** An agent whose log and profiles are captured. */
export interface DebugTarget {
  readonly kind: 'client' | 'server';
  /** Id of the node, or name of the server. */
  readonly id: string;
  readonly version: string;
  /** Folder of its files. */
  readonly folder: string;
  /** Parameters that name it, the one that does not empty. */
  readonly query: { readonly node_id: string; readonly server_id: string };
}

export interface DebugTargets {
  readonly servers: readonly DebugTarget[];
  readonly nodes: readonly DebugTarget[];
  readonly serverCount: number;
  readonly nodeCount: number;
  readonly isNodeLimitReached: boolean;
  readonly members: unknown;
  /** `address:port` of the leader; empty when it is not known. */
  readonly leader: string;
  readonly warnings: readonly string[];
}

export interface TargetChoice {
  readonly region: string;
  /** Names or ids of servers, `leader` and `all` among them. */
  readonly serverIds: readonly string[];
  /** Ids of nodes or their beginnings, `all` among them. */
  readonly nodeIds: readonly string[];
  readonly nodeClass: string;
  /** 0 for as many as there are. */
  readonly maxNodes: number;
  /** Parameters of every request. */
  readonly query: QueryValues;
}

interface MemberWire {
  readonly Name: string;
  readonly Addr: string | null;
  readonly Tags: Readonly<Record<string, string>> | null;
}

interface MembersWire {
  readonly ServerRegion: string;
  readonly Members: readonly MemberWire[] | null;
}

const MAX_FOLDER_NAME = 80;

/** Nomad's look-ups before a capture, in its order. @throws an `Error` with what to tell the user */
export async function debugTargets(client: ApiClient, choice: TargetChoice): Promise<DebugTargets> {
  const warnings: string[] = [];
  const { nodes, nodeCount } = await chosenNodes(client, choice, warnings);
  const limit = choice.maxNodes === 0 ? nodes.length : choice.maxNodes;

  const members = (await client.get('/v1/agent/members', choice.query).catch((error: unknown) => {
    throw new Error(`Failed to retrieve server list; err: ${errorMessage(error)}`, { cause: error });
  })) as MembersWire | null;
  if (!Array.isArray(members?.Members)) throw new Error('Failed to parse server list');
  const leader = await client.get('/v1/status/leader').then(
    (value) => (typeof value === 'string' ? value : ''),
    (error: unknown) => {
      warnings.push(`Failed to retrieve leader; err: ${errorMessage(error)}`);
      return '';
    },
  );
  const region = choice.region === '' ? members.ServerRegion : choice.region;
  const all = members.Members.filter(({ Tags }) => Tags?.['region'] === region);
  const servers = all.filter((member) => choice.serverIds.some((id) => isServer(member, id, leader)));
  if (servers.length === 0) {
    throw new Error(`Failed to retrieve servers, 0 members match ${choice.serverIds.join(',')} in region ${region}`);
  }
  return {
    servers: servers.map(({ Name, Tags }) => ({
      ...targetOf('server', Name, Tags?.['build'] ?? ''),
      query: { node_id: '', server_id: Name },
    })),
    nodes: nodes.slice(0, limit).map(({ ID, Version }) => ({
      ...targetOf('client', ID, Version),
      query: { node_id: ID, server_id: '' },
    })),
    serverCount: all.length,
    nodeCount,
    isNodeLimitReached: nodes.length > limit,
    members,
    leader,
    warnings,
  };
}

async function chosenNodes(
  client: ApiClient,
  { nodeIds, nodeClass, query }: TargetChoice,
  warnings: string[],
): Promise<{ readonly nodes: readonly NodeStubWire[]; readonly nodeCount: number }> {
  const list = async (prefix: string): Promise<readonly NodeStubWire[]> => {
    try {
      const found = await client.get('/v1/nodes', { ...query, ...(prefix === '' ? {} : { prefix }) });
      return (found ?? []) as readonly NodeStubWire[];
    } catch (error) {
      throw new Error(`Error querying node info: ${errorMessage(error)}`, { cause: error });
    }
  };
  const known = await list('');
  const chosen = new Map<string, NodeStubWire>();
  for (const id of nodeIds) {
    const found = (await list(id === 'all' ? '' : id)).filter(
      (node) => nodeClass === '' || node.NodeClass === nodeClass,
    );
    if (found.length === 0) warnings.push(`No node(s) with prefix "${id}" found`);
    for (const node of found) chosen.set(node.ID, node);
  }
  if (chosen.size === 0 && nodeIds.some((id) => id !== 'all')) {
    throw new Error(`Failed to retrieve clients, 0 nodes found in list: ${nodeIds.join(',')}`);
  }
  return { nodes: [...chosen.values()], nodeCount: known.length };
}

function isServer({ Name, Addr, Tags }: MemberWire, id: string, leader: string): boolean {
  if (id === 'leader') return leader !== '' && leader === `${Tags?.['rpc_addr'] ?? Addr}:${Tags?.['port']}`;
  return id === 'all' || id === Name || id === Tags?.['id'];
}

const targetOf = (kind: 'client' | 'server', id: string, version: string) => ({
  kind,
  id,
  version,
  folder: `${kind}/${folderName(id)}`,
});

/** A name from elsewhere as that of a folder: it can leave no folder, and no two become one. */
export function folderName(id: string): string {
  const plain = id
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^\.+/, '_')
    .slice(0, MAX_FOLDER_NAME);
  return plain === id && id !== '' ? id : `${plain}-${createHash('sha256').update(id).digest('hex').slice(0, 8)}`;
}
