import { beforeEach, describe, expect, test } from '@jest/globals';
import { noMetrics } from '@steppe/runtime';
import { RecordingLogger, SeededRandom, SimClock } from '@steppe/testing';
import type { GossipNode } from '../memberlist/delegate.js';
import { hostOf } from '../memberlist/ip-address.js';
import { NOMAD_VERSIONS } from '../memberlist/options.js';
import { decodeSerfMessage, encodeSerfMessage } from '../wire/serf-codec.js';
import type { QueryMessage, QueryResponseMessage, RelayMessage } from '../wire/serf-message.js';
import { LamportClock } from './lamport-clock.js';
import { Queries, defaultQueryTimeoutMs } from './queries.js';
import type { IncomingQuery } from './query-handler.js';
import { QueryHandler } from './query-handler.js';
import { QueryReplies } from './query-replies.js';
import { nodeOf } from './testing/node-of.js';

const PEER = nodeOf('peer', '10.0.0.2');
const THIRD = nodeOf('third', '10.0.0.3');

describe('queries', () => {
  let clock: SimClock;
  let nodes: GossipNode[];
  let encrypted: boolean;
  let sent: { readonly to: string; readonly message: unknown }[];
  let broadcasts: Uint8Array[];
  let shown: IncomingQuery[];
  let internal: IncomingQuery[];
  let queries: Queries;
  let handler: QueryHandler;
  let replies: QueryReplies;
  let lamport: LamportClock;

  beforeEach(() => {
    clock = new SimClock();
    encrypted = false;
    nodes = [nodeOf('self', '10.0.0.1'), PEER, THIRD];
    sent = [];
    broadcasts = [];
    shown = [];
    internal = [];
    lamport = new LamportClock();
    const common = { clock, random: new SeededRandom(3), logger: new RecordingLogger(), metrics: noMetrics };
    const local = (): GossipNode => nodes[0] as GossipNode;
    replies = new QueryReplies({
      ...common,
      sendTo: ({ host, port }, bytes) => void sent.push({ to: `${host}:${port}`, message: decodeSerfMessage(bytes) }),
      deliver: (response) => queries.receive(response),
      local,
      nodes: () => nodes,
      encrypted: () => encrypted,
    });
    handler = new QueryHandler({
      ...common,
      lamport,
      replies,
      broadcast: (bytes) => void broadcasts.push(bytes),
      self: () => ({ name: 'self', tags: { role: 'web' } }),
      emit: (query) => void shown.push(query),
      internal: (query) => void internal.push(query),
    });
    queries = new Queries({
      ...common,
      lamport,
      local,
      liveCount: () => nodes.length,
      publish: (query, bytes) => handler.receive(query, bytes),
      gossipIntervalMs: 200,
      timeoutMult: 16,
    });
  });

  const fromPeer = (fields: Partial<QueryMessage> = {}): QueryMessage => ({
    type: 'query',
    lTime: 5,
    id: 77,
    address: PEER.address,
    port: PEER.port,
    sourceNode: 'peer',
    filters: [],
    ackRequested: false,
    noBroadcast: false,
    relayFactor: 0,
    timeoutMs: 1000,
    name: 'load',
    payload: new Uint8Array(),
    ...fields,
  });
  const receive = (fields: Partial<QueryMessage> = {}): Uint8Array => {
    const query = fromPeer(fields);
    const bytes = encodeSerfMessage(query);
    handler.receive(query, bytes);
    return bytes;
  };
  const answer = (query: { lTime: number; id: number }, from: string, ack = false): void =>
    queries.receive({
      type: 'query-response',
      lTime: query.lTime,
      id: query.id,
      from,
      ack,
      payload: Buffer.from(from),
    });

  describe('ours', () => {
    test('we are asked too, and answer ourselves without the network', async () => {
      const query = queries.ask('load', Buffer.from('?'), { ack: true });
      expect(shown).toMatchObject([{ name: 'load', from: 'self', lTime: 1 }]);
      shown[0]?.respond(Buffer.from('0.5'));
      expect(broadcasts.map((bytes) => decodeSerfMessage(bytes))).toMatchObject([
        { type: 'query', name: 'load', ackRequested: true, timeoutMs: 3200, sourceNode: 'self', port: 7946 },
      ]);
      expect(sent).toEqual([]);
      for (const from of ['peer', 'third']) {
        answer(query, from, true);
        answer(query, from);
      }
      const { acks, responses } = await query.done;
      expect(acks).toEqual(['self', 'peer', 'third']);
      expect([...responses.keys()]).toEqual(['self', 'peer', 'third']);
      expect(lamport.time).toBe(2);
      expect(clock.pending).toBe(0);
    });

    test('it ends with its timeout, and later answers do not count', async () => {
      const query = queries.ask('load', new Uint8Array(), { timeoutMs: 100 });
      answer(query, 'peer');
      await clock.advance(100);
      answer(query, 'third');
      expect([...(await query.done).responses.keys()]).toEqual(['peer']);
    });

    test('answers to another query do not count', () => {
      const query = queries.ask('load', new Uint8Array());
      answer({ lTime: query.lTime, id: query.id + 1 }, 'peer');
      answer({ lTime: query.lTime + 1, id: query.id }, 'peer');
      query.close();
      return expect(query.done).resolves.toEqual({ acks: [], responses: new Map() });
    });

    test('aborting closes it; asking with an aborted signal throws its reason', async () => {
      const controller = new AbortController();
      const query = queries.ask('load', new Uint8Array(), { signal: controller.signal });
      controller.abort(new Error('enough'));
      expect((await query.done).acks).toEqual([]);
      expect(clock.pending).toBe(0);
      expect(() => queries.ask('load', new Uint8Array(), { signal: controller.signal })).toThrow('enough');
    });

    test('a query that is too large is refused with both numbers and uses up no time', () => {
      expect(() => queries.ask('load', Buffer.alloc(1024))).toThrow(
        /^query exceeds limit of 1024 bytes: it has 11\d\d$/,
      );
      expect(lamport.time).toBe(1);
    });

    test('stopping ends what is open', async () => {
      const query = queries.ask('load', new Uint8Array());
      queries.stop();
      await query.done;
      expect(clock.pending).toBe(0);
    });

    test.each([
      [200, 9, 3200],
      [200, 10, 6400],
      [500, 3, 8000],
      [500, 99, 16_000],
    ])('with a gossip interval of %i ms, %i members have %i ms', (gossipMs, n, expected) =>
      expect(defaultQueryTimeoutMs(gossipMs, 16, n)).toBe(expected),
    );
  });

  describe("others'", () => {
    test('each is shown and passed on once, however often it comes', () => {
      const bytes = receive();
      receive();
      expect(shown).toHaveLength(1);
      expect(broadcasts).toEqual([bytes]);
    });

    test('a query that filters leave us out of, or that we must not pass on', () => {
      receive({ id: 1, filters: [{ type: 'node', names: ['peer'] }], ackRequested: true });
      expect([shown.length, sent.length, broadcasts.length]).toEqual([0, 0, 1]);
      receive({ id: 2, noBroadcast: true });
      expect([shown.length, broadcasts.length]).toEqual([1, 1]);
    });

    test('an ack goes out at once, the answer when it is given', () => {
      receive({ ackRequested: true });
      shown[0]?.respond(Buffer.from('0.5'));
      expect(sent).toEqual([
        { to: '10.0.0.2:7946', message: expect.objectContaining({ ack: true, from: 'self', id: 77, lTime: 5 }) },
        { to: '10.0.0.2:7946', message: expect.objectContaining({ ack: false, payload: expect.anything() }) },
      ]);
    });

    test('answering twice, late or too much is refused', async () => {
      receive();
      expect(() => shown[0]?.respond(Buffer.alloc(1024))).toThrow(/limit of 1024 bytes: it has 1\d\d\d$/);
      shown[0]?.respond(new Uint8Array());
      expect(() => shown[0]?.respond(new Uint8Array())).toThrow('query response refused: answered');
      receive({ id: 78 });
      await clock.advance(1000);
      expect(() => shown[1]?.respond(new Uint8Array())).toThrow('query response refused: late');
    });

    test('a deadline beyond five minutes is cut', () => {
      receive({ timeoutMs: 1e9 });
      expect(shown[0]?.deadlineMs).toBe(300_000);
    });

    test('internal ones are never shown', () => {
      receive({ name: '_serf_anything' });
      expect([shown.length, internal.length]).toEqual([0, 1]);
    });

    test('without encryption nobody but members is answered', () => {
      receive({ address: Uint8Array.of(192, 0, 2, 1), ackRequested: true });
      expect(sent).toEqual([]);
      encrypted = true;
      receive({ id: 78, address: Uint8Array.of(192, 0, 2, 1), ackRequested: true });
      expect(sent).toHaveLength(1);
    });

    test('a query from too far ahead is refused and not passed on', () => {
      receive({ lTime: 2 ** 40 });
      expect([shown.length, broadcasts.length, lamport.time]).toEqual([0, 0, 1]);
    });
  });

  describe('relays', () => {
    test('the answer also goes through as many live members as wanted', () => {
      receive({ relayFactor: 2 });
      shown[0]?.respond(Buffer.from('x'));
      const [direct, ...relayed] = sent;
      expect(direct).toMatchObject({ to: '10.0.0.2:7946', message: { type: 'query-response' } });
      expect(relayed.map(({ to }) => to).toSorted()).toEqual(['10.0.0.2:7946', '10.0.0.3:7946']);
      for (const { message } of relayed) {
        const relay = message as RelayMessage;
        expect(hostOf(relay.address)).toBe('10.0.0.2');
        expect(relay.nodeName).toBe('peer');
        expect(decodeSerfMessage(relay.message)).toEqual(direct?.message);
      }
    });

    test('a pool that is too small relays nothing, nor does an old or dead member', () => {
      receive({ id: 1, relayFactor: 3, ackRequested: true });
      expect(sent).toHaveLength(1);
      nodes.push(nodeOf('old', '10.0.0.4', { versions: { ...NOMAD_VERSIONS, protocolMax: 4 } }));
      nodes.push(nodeOf('dead', '10.0.0.5', { state: 'dead' }));
      receive({ id: 2, relayFactor: 4, ackRequested: true });
      expect(
        sent
          .slice(2)
          .map(({ to }) => to)
          .toSorted(),
      ).toEqual(['10.0.0.2:7946', '10.0.0.3:7946']);
    });

    const inner: QueryResponseMessage = {
      type: 'query-response',
      lTime: 1,
      id: 2,
      from: 'third',
      ack: false,
      payload: new Uint8Array(),
    };
    const relay = (address: Uint8Array, message = encodeSerfMessage(inner)): void =>
      replies.relay({ type: 'relay', address, port: 7946, nodeName: 'peer', message });

    test('we pass on what is meant for a member, and nothing else', () => {
      relay(PEER.address);
      expect(sent).toEqual([{ to: '10.0.0.2:7946', message: expect.objectContaining({ from: 'third' }) }]);
      encrypted = true;
      relay(Uint8Array.of(192, 0, 2, 1));
      relay(PEER.address, new Uint8Array(1025));
      expect(sent).toHaveLength(1);
    });

    test('no more than 256 a second to one member', async () => {
      for (let i = 0; i < 300; i += 1) relay(PEER.address);
      relay(THIRD.address);
      expect(sent).toHaveLength(257);
      await clock.advance(1000);
      relay(PEER.address);
      expect(sent).toHaveLength(258);
    });
  });
});
