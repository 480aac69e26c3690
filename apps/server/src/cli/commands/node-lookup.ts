import { errorMessage } from '@steppe/domain';
import type { ApiClient } from '../api/api-client.js';
import { demandTwoCharacters, findById } from './id-lookup.js';
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

/** The one node with an id or prefix of it; otherwise what to tell the user. */
export async function findNode(
  client: ApiClient,
  id: string,
  { isVerbose }: { readonly isVerbose: boolean },
): Promise<NodeStubWire | string> {
  return findById<NodeStubWire>(client, id, {
    path: '/v1/nodes',
    one: 'node',
    many: 'nodes',
    table: (stubs) => nodeTable(stubs, { isVerbose, withOs: false }),
  });
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
