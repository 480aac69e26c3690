import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { rpcEndpoint, rpcStreamEndpoint } from './method/rpc-endpoint.js';
import { defineRpcMethod, defineRpcStream } from './method/rpc-method.js';
import { RPC_METRICS } from './metrics.js';
import type { ReverseSessionChange } from './server/reverse-sessions.js';
import { addressOf, CLIENT, SERVER, TestAgents, until } from './testing/test-agents.js';
import { SimClock } from '@steppe/testing';

const Name = defineRpcMethod<null, string>('Agent.Name', { callers: ['server'] });
const ForClients = defineRpcMethod<null, string>('Agent.ForClients', { callers: ['client'] });
const Logs = defineRpcStream<{ from: number }, number>('Agent.Logs', { callers: ['server'] });
const Follow = defineRpcStream<null, number>('Agent.Follow', { callers: ['server'] });

const endpointsOf = (name: string) => [
  rpcEndpoint(Name, async () => name),
  rpcEndpoint(ForClients, async () => name),
  rpcStreamEndpoint(Logs, async function* ({ from }, { signal }) {
    for (let line = from; !signal.aborted; line += 1) yield line;
  }),
  rpcStreamEndpoint(Follow, async function* (_, { signal }) {
    yield 1;
    await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  }),
];

describe('calls to a client agent that dialled out', () => {
  let agents: TestAgents;

  beforeEach(() => {
    agents = new TestAgents();
  });
  afterEach(() => agents.stop());

  test('the server calls and streams over the connection of the client', async () => {
    const server = await agents.server([]);
    const link = await agents.link(() => [addressOf(server)], endpointsOf('a'));
    await until(() => server.reverseSessions.get('node-1') !== undefined);
    const session = server.reverseSessions.get('node-1');
    await until(() => link.server === addressOf(server));
    expect(session?.peer).toMatchObject({ role: 'client', region: 'global', id: 'node-1' });
    await expect(session?.call(Name, null)).resolves.toBe('a');
    const lines: number[] = [];
    for await (const line of session?.stream(Logs, { from: 5 }) ?? []) {
      lines.push(line);
      if (lines.length === 1_000) break;
    }
    expect(lines).toEqual(Array.from({ length: 1_000 }, (_, i) => i + 5));
    await until(() => agents.gauge(RPC_METRICS.serving, { side: 'dialler' }) === 0);
    expect(agents.gauge(RPC_METRICS.sessions, { side: 'listener', direction: 'reverse' })).toBe(1);
    expect(agents.count(RPC_METRICS.accepted)).toBe(1);
  });

  test('the client lets the server call only what is for servers', async () => {
    const server = await agents.server([]);
    await agents.link(() => [addressOf(server)], endpointsOf('a'));
    await until(() => server.reverseSessions.get('node-1') !== undefined);
    await expect(server.reverseSessions.get('node-1')?.call(ForClients, null)).rejects.toMatchObject({
      code: 'RPC_METHOD_NOT_ALLOWED',
    });
  });

  test('5,000 streams that the server breaks off leave the connection of the client alive', async () => {
    const server = await agents.server([]);
    await agents.link(() => [addressOf(server)], endpointsOf('a'));
    await until(() => server.reverseSessions.get('node-1') !== undefined);
    const session = server.reverseSessions.get('node-1');
    for (let round = 0; round < 50; round += 1) {
      await Promise.all(
        Array.from({ length: 100 }, async () => {
          for await (const line of session?.stream(Follow, null) ?? []) if (line === 1) break;
        }),
      );
    }
    await expect(session?.call(Name, null)).resolves.toBe('a');
    expect(agents.count(RPC_METRICS.accepted)).toBe(1);
    expect(agents.count(RPC_METRICS.reset)).toBe(0);
  }, 60_000);

  test('the newest session of a node wins, and listeners hear of every change', async () => {
    const server = await agents.server([]);
    const changes: ReverseSessionChange[] = [];
    const end = server.reverseSessions.onDidChange((change) => changes.push(change));
    const older = await agents.link(() => [addressOf(server)], endpointsOf('older'), {
      // Once replaced it stays away for the length of the test.
      retry: { baseMs: 60_000, maxMs: 60_000 },
    });
    await until(() => changes.length === 1);
    const newer = await agents.link(() => [addressOf(server)], endpointsOf('newer'));
    await until(() => changes.length === 2 && older.server === undefined);
    await expect(server.reverseSessions.get('node-1')?.call(Name, null)).resolves.toBe('newer');
    expect(server.reverseSessions.list().length).toBe(1);
    await newer.stop();
    await until(() => changes.length === 3);
    expect(server.reverseSessions.get('node-1')).toBeUndefined();
    expect(changes.map(({ nodeId, kind }) => `${nodeId} ${kind}`)).toEqual([
      'node-1 connected',
      'node-1 connected',
      'node-1 disconnected',
    ]);
    end();
    await agents.link(() => [addressOf(server)], endpointsOf('again'));
    await until(() => server.reverseSessions.get('node-1') !== undefined);
    expect(changes.length).toBe(3);
  });

  test('a client dials again by itself when its server restarts', async () => {
    const server = await agents.server([]);
    const { port } = server;
    await agents.link(() => [addressOf({ port })], endpointsOf('a'));
    await until(() => server.reverseSessions.get('node-1') !== undefined);
    await server.stop();
    const restarted = await agents.server([], { port });
    await until(() => restarted.reverseSessions.get('node-1') !== undefined);
    await expect(restarted.reverseSessions.get('node-1')?.call(Name, null)).resolves.toBe('a');
  });

  test('a client whose first server is gone turns to the next one, and back when told that the first is better', async () => {
    const gone = await agents.server([]);
    const { port } = gone;
    const other = await agents.server([], { self: { ...SERVER, id: 'server-2' } });
    const link = await agents.link(() => [addressOf({ port }), addressOf(other)], endpointsOf('a'));
    await until(() => gone.reverseSessions.get('node-1') !== undefined);
    await gone.stop();
    await until(() => other.reverseSessions.get('node-1') !== undefined);
    await until(() => link.server === addressOf(other));
    const back = await agents.server([], { port });
    link.rebalance();
    await until(() => back.reverseSessions.get('node-1') !== undefined);
    await until(() => other.reverseSessions.get('node-1') === undefined);
  });

  test('waits between failed rounds grow to their limit, each drawn from its upper half', async () => {
    const clock = new SimClock();
    const rounds: number[] = [];
    const link = await agents.link(
      () => {
        rounds.push(clock.monotonic());
        return [];
      },
      [],
      { clock, retry: { baseMs: 1_000, maxMs: 8_000 } },
    );
    await clock.advance(60_000);
    const waits = rounds.slice(1).map((at, i) => at - (rounds[i] ?? 0));
    const wholes = [1_000, 2_000, 4_000, 8_000, 8_000, 8_000, 8_000];
    expect(waits.length).toBeGreaterThanOrEqual(wholes.length);
    for (const [i, whole] of wholes.entries()) {
      expect(waits[i]).toBeGreaterThanOrEqual(whole / 2);
      expect(waits[i]).toBeLessThanOrEqual(whole);
    }
    expect(new Set(waits.slice(3)).size).toBeGreaterThan(1);
    await link.stop();
    expect(clock.pending).toBe(0);
  });

  test('only a client that names its node may keep a connection to be called on', async () => {
    const server = await agents.server([]);
    await agents.link(() => [addressOf(server)], [], { self: SERVER });
    await until(() => agents.count(RPC_METRICS.peerRefused, { reason: 'role' }) > 0);
    await agents.link(() => [addressOf(server)], [], { self: { ...CLIENT, id: '' } });
    await until(() => agents.count(RPC_METRICS.peerRefused, { reason: 'protocol' }) > 0);
    expect(server.reverseSessions.list()).toEqual([]);
  });
});
