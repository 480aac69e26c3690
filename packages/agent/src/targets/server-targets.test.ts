import { expect, test } from '@jest/globals';
import type { Member, Node } from '@steppe/domain';
import type { ReverseSessions, RpcCallContext, RpcClient, RpcUnaryEndpoint } from '@steppe/rpc';
import type { Leadership } from '@steppe/state';
import { RecordingLogger, SeededRandom, SimClock } from '@steppe/testing';
import { ServerPeers } from '../cluster/server-peers.js';
import { TableErrorMapper } from '../http/error-mapper.js';
import type { NodeAllocations } from '../nodes/node-allocations.js';
import type { AllocReports } from '../nodes/alloc-reports.js';
import type { NodeRegistry } from '../nodes/node-registry.js';
import { ClusterEndpoints } from '../rpc/cluster-endpoints.js';
import { NodeConnections } from '../rpc/node-connections.js';
import { ServerTargets } from './server-targets.js';

const NODE = '0b7c4c3e-51a8-4a5c-8d0e-3f6f8d4b2a71';
const NAMES = ['a', 'b', 'c'] as const;
type Name = (typeof NAMES)[number];
const addressOf = (name: Name): string => `10.0.0.${NAMES.indexOf(name) + 1}:4647`;
const memberOf = (name: Name): Member => ({
  name: `${name}.global`,
  address: addressOf(name).replace(/:.*/, ''),
  port: 4648,
  status: 'alive',
  tags: { role: 'nomad', region: 'global', id: name, port: '4647', build: '2.0.6+steppe.0.1.0' },
  protocol: { min: 1, max: 5, current: 2 },
  delegate: { min: 2, max: 5, current: 4 },
});

/** Three servers of a region; the node is connected to those named, since those moments. One that is down does not answer. */
function region(connected: Partial<Record<Name, number>>, down: readonly Name[] = []) {
  const servers = new Map(NAMES.map((name) => [addressOf(name), server(name)]));

  function server(name: Name) {
    const establishedMs = connected[name];
    const rpc = {
      call: async (address: string, method: { readonly name: string }, request: unknown) => {
        if (down.some((each) => addressOf(each) === address)) throw new Error('connection refused');
        const endpoint = servers.get(address)?.endpoints.find((each) => each.method.name === method.name);
        return (endpoint as RpcUnaryEndpoint).handle(request as never, {} as RpcCallContext);
      },
    } as unknown as RpcClient;
    const peers = new ServerPeers({ ownName: `${name}.global`, membership: { members: () => NAMES.map(memberOf) } });
    const sessions = {
      get: (id: string) => (id === NODE && establishedMs !== undefined ? { establishedMs } : undefined),
    };
    const connections = new NodeConnections({
      region: 'global',
      sessions: sessions as unknown as ReverseSessions,
      peers,
      rpc,
      logger: new RecordingLogger(),
    });
    const { endpoints } = new ClusterEndpoints({
      serverId: name,
      leadership: {} as Leadership,
      clock: new SimClock(),
      nodes: {} as NodeRegistry,
      allocations: {} as NodeAllocations,
      reports: {} as AllocReports,
      connections,
      rpc,
    });
    const targets = new ServerTargets({
      identity: {
        nodeName: name,
        region: 'global',
        datacenter: 'dc1',
        serverId: name,
        roles: { server: true, client: false },
      },
      localNodeId: () => undefined,
      peers,
      leader: () => Promise.reject(new Error('not of this test')),
      leaderId: () => undefined,
      node: (id) => (id === NODE ? ({ attributes: { 'nomad.version': '2.0.6' } } as unknown as Node) : undefined),
      nodeOfAllocation: () => undefined,
      connections,
      random: new SeededRandom(1),
    });
    return { endpoints, targets };
  }

  return async (asked: Name) =>
    servers.get(addressOf(asked))?.targets.resolve({ serverId: '', nodeId: NODE, region: '', unnamed: 'server' });
}
const serverAt = (name: Name) => ({ kind: 'server', address: addressOf(name), region: 'global' });

test('scheduling row 143: a node is found at the server that it is connected to, whichever is asked', async () => {
  const resolve = region({ b: 1 });
  expect(await resolve('a')).toEqual(serverAt('b'));
  expect(await resolve('b')).toEqual({ kind: 'node', nodeId: NODE });
  expect(await resolve('c')).toEqual(serverAt('b'));
});

test('of several connections the newest counts, and servers that do not answer are passed over', async () => {
  expect(await region({ b: 1, c: 2 })('a')).toEqual(serverAt('c'));
  expect(await region({ b: 1, c: 2 }, ['c'])('a')).toEqual(serverAt('b'));
});

test.each([
  ['no server has it', {}, []],
  ['the only one that has it does not answer', { b: 1 }, ['b']],
] as const)('scheduling row 143: there is no path to a node when %s', async (_, connected, down) => {
  const error: unknown = await region(connected, down)('a').catch((failure: unknown) => failure);
  expect(new TableErrorMapper().map(error)).toMatchObject({ status: 404, text: 'No path to node' });
});
