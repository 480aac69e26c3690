import type { Query } from '../http/request/query.js';

/** The agent a request names, region aside. `client_id` is accepted for `node_id`; empty values are absent. */
export function targetQuery(query: Query): { readonly nodeId: string; readonly serverId: string } {
  const nodeId = query.get('node_id');
  return { nodeId: nodeId === '' ? query.get('client_id') : nodeId, serverId: query.get('server_id') };
}

export function hasTarget({ nodeId, serverId }: { readonly nodeId: string; readonly serverId: string }): boolean {
  return nodeId !== '' || serverId !== '';
}
