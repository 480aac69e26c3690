import { errorMessage, goQuote } from '@steppe/domain';
import type { ApiClient } from '../api/api-client.js';
import { nodeTable } from './node-table.js';
import type { NodeStubWire } from './node-wire.js';

/** Id of the node of the agent that is asked. */
export async function ownNodeId(client: ApiClient): Promise<string> {
  let self: { readonly stats?: { readonly client?: { readonly node_id?: string } } };
  try {
    self = (await client.get('/v1/agent/self')) as typeof self;
  } catch (error) {
    throw new Error(`Error querying agent info: failed querying self endpoint: ${errorMessage(error)}`, {
      cause: error,
    });
  }
  const id = self.stats?.client?.node_id ?? '';
  if (id === '') throw new Error('The agent has no node of its own: it does not run in client mode');
  return id;
}

/** Nomad: shorter ones would match half the nodes. */
export function demandTwoCharacters(id: string): void {
  if (id.length < 2) throw new Error('Identifier must contain at least two characters.');
}

/** The one node with an id or prefix of it; otherwise what to tell the user. */
export async function findNode(
  client: ApiClient,
  id: string,
  { isVerbose }: { readonly isVerbose: boolean },
): Promise<NodeStubWire | string> {
  const found = (await client.get('/v1/nodes', { prefix: evenPrefix(id) })) as readonly NodeStubWire[];
  // A prefix of odd length is asked for without its last digit.
  const stubs = found.filter(({ ID }) => ID.startsWith(id.toLowerCase()));
  const [stub] = stubs;
  if (stub === undefined) return `No node(s) with prefix or id ${goQuote(id)} found\n`;
  if (stubs.length === 1) return stub;
  return `Prefix matched multiple nodes\n\n${nodeTable(stubs, { isVerbose, withOs: false })}\n`;
}

/** Nomad: servers take prefixes of ids with an even number of hexadecimal digits only. */
function evenPrefix(id: string): string {
  const digits = id.replaceAll('-', '').length;
  return digits % 2 === 0 ? id : id.slice(0, -1);
}

/** Full id of the node that an id or prefix names; empty for an empty one. @throws an `Error` saying why there is none */
export async function nodeIdOf(client: ApiClient, id: string): Promise<string> {
  if (id === '') return '';
  demandTwoCharacters(id);
  const found = await findNode(client, id, { isVerbose: false }).catch((error: unknown) => {
    throw new Error(`Error querying node info: ${errorMessage(error)}`, { cause: error });
  });
  if (typeof found === 'string') throw new Error(found.trimEnd());
  return found.ID;
}
