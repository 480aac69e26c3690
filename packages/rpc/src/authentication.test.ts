import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Secret } from '@steppe/domain';
import { SimClock } from '@steppe/testing';
import { noMetrics, SystemClock } from '@steppe/runtime';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Dialler } from './client/dialler.js';
import type { RefusalReason } from './errors.js';
import { greetDialler, isLocal } from './handshake/listener-handshake.js';
import type { NodeKeys } from './handshake/node-proof.js';
import { nodeKeyOf } from './handshake/node-proof.js';
import { securityNow } from './handshake/security.js';
import { CallMeter } from './session/call-meter.js';
import type { RpcAuthentication, RpcIdentity } from './handshake/peer-identity.js';
import type { RpcSecurity } from './handshake/security.js';
import { rpcEndpoint } from './method/rpc-endpoint.js';
import { defineRpcMethod } from './method/rpc-method.js';
import { RPC_METRICS } from './metrics.js';
import {
  addressOf,
  CLIENT,
  KEY_A,
  KEY_B,
  NODE_SECRET,
  SERVER,
  TestAgents,
  testTls,
  until,
} from './testing/test-agents.js';

const Who = defineRpcMethod<null, { role: string; authentication: RpcAuthentication }>('Test.Who', {
  callers: ['server', 'client'],
});
const endpoints = [rpcEndpoint(Who, async (_, { peer: { role, authentication } }) => ({ role, authentication }))];

const keys = (...held: readonly Secret[]): RpcSecurity => ({ clusterKeys: () => held });
const tls = (name: string, verifyServerHostname = true): RpcSecurity => ({
  tls: () => testTls(name, { verifyServerHostname }),
});
const NONCE = Buffer.alloc(32, 7).toString('base64');
const ABROAD: RpcIdentity = { role: 'server', region: 'elsewhere', id: 'server-9' };

describe('who may connect', () => {
  let agents: TestAgents;

  beforeEach(() => {
    agents = new TestAgents();
  });
  afterEach(() => agents.stop());

  /** What comes of a call from an agent with `security` to a listener with `listener`. */
  async function meet(listener: RpcSecurity, security: RpcSecurity, self = CLIENT, region = 'global') {
    const server = await agents.server(endpoints, { security: listener });
    return agents.client({ security, self }).call(addressOf(server), Who, null, { region });
  }

  /** The one warning of the listener, without the address. */
  const sentences = () => agents.logger.messages('warn').filter((line) => line.startsWith('rpc peer'));

  async function expectRefusal(refused: Promise<unknown>, reason: RefusalReason, sentence: string): Promise<void> {
    await expect(refused).rejects.toMatchObject({ code: 'RPC_PEER_REFUSED' });
    await until(() => agents.count(RPC_METRICS.peerRefused, { reason }) > 0);
    expect(agents.logger.messages('warn').join('\n')).toContain(sentence);
  }

  describe('by cluster key', () => {
    test('two agents with the same key meet, and know it', async () => {
      await expect(meet(keys(KEY_A), keys(KEY_A))).resolves.toEqual({ role: 'client', authentication: 'cluster-key' });
    });

    test.each([
      ['the listener has rotated first', [KEY_B, KEY_A], [KEY_A]],
      ['the dialler has rotated first', [KEY_A], [KEY_B, KEY_A]],
      ['they prefer different ones', [KEY_A, KEY_B], [KEY_B, KEY_A]],
    ])('one key in common is enough: %s', async (_, listener, dialler) => {
      await expect(meet(keys(...listener), keys(...dialler))).resolves.toMatchObject({ authentication: 'cluster-key' });
    });

    test('keys are read for each connection: a rotation reaches a running listener, and open sessions stay', async () => {
      let held: readonly Secret[] = [KEY_A];
      const server = await agents.server(endpoints, { security: { clusterKeys: () => held } });
      const early = agents.client({ security: keys(KEY_A) });
      await early.call(addressOf(server), Who, null);
      held = [KEY_B];
      await expect(agents.client({ security: keys(KEY_A) }).call(addressOf(server), Who, null)).rejects.toMatchObject({
        code: 'RPC_PEER_REFUSED',
      });
      await agents.client({ security: keys(KEY_B) }).call(addressOf(server), Who, null);
      await expect(early.call(addressOf(server), Who, null)).resolves.toMatchObject({ role: 'client' });
    });

    test('a wrong key is refused', () =>
      expectRefusal(meet(keys(KEY_A), keys(KEY_B)), 'key', 'it does not hold the cluster key'));

    test('no key is refused', () =>
      expectRefusal(meet(keys(KEY_A), {}), 'authentication', 'it authenticates by none, this agent by cluster-key'));

    test('a listener without a key is refused by a dialler that has one: less is not enough', () =>
      expectRefusal(meet({}, keys(KEY_A)), 'authentication', 'it authenticates by none, this agent by cluster-key'));

    test('a recorded handshake cannot be played again', async () => {
      const server = await agents.server(endpoints, { security: keys(KEY_A) });
      const relay = await agents.relay(server.port);
      const client = agents.client({ security: keys(KEY_A), self: SERVER });
      await client.call(addressOf(relay), Who, null);
      const socket = connect(server.port, '127.0.0.1');
      const answers: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => answers.push(chunk));
      socket.write(Buffer.concat(relay.recorded));
      await new Promise((resolve) => socket.once('close', resolve));
      expect(Buffer.concat(answers).toString()).toContain('it does not hold the cluster key');
      expect(Buffer.concat(answers).toString()).not.toContain('accepted');
      expect(agents.count(RPC_METRICS.peerRefused, { reason: 'key' })).toBe(1);
      expect(agents.gauge(RPC_METRICS.sessions, { side: 'listener', direction: 'forward' })).toBe(1);
    });

    test("a listener's proof cannot be sent back to it as a dialler's", async () => {
      const server = await agents.server(endpoints, { security: keys(KEY_A) });
      const socket = connect(server.port, '127.0.0.1');
      const hello = JSON.stringify({
        identity: CLIENT,
        direction: 'forward',
        authentication: 'cluster-key',
        nonce: NONCE,
      });
      socket.write('STEPPE-RPC 1\r\n');
      socket.write(framed(hello));
      let received = Buffer.alloc(0);
      socket.on('data', (chunk: Buffer) => {
        received = Buffer.concat([received, chunk]);
        const messages = unframed(received);
        if (messages.length === 2) socket.write(framed(messages[1] ?? ''));
      });
      await new Promise((resolve) => socket.once('close', resolve));
      expect(unframed(received).at(-1)).toBe('{"refused":"it does not hold the cluster key"}');
    });

    test('a changed hello makes the proofs worthless', async () => {
      const server = await agents.server(endpoints, { security: keys(KEY_A) });
      const relay = await agents.relay(server.port);
      relay.rewrite = (chunk) => Buffer.from(chunk.toString('latin1').replace('"node-1"', '"node-2"'), 'latin1');
      const client = agents.client({ security: keys(KEY_A) });
      await expect(client.call(addressOf(relay), Who, null)).rejects.toMatchObject({ detail: { reason: 'key' } });
    });

    test('neither log nor wire shows the key', async () => {
      const server = await agents.server(endpoints, { security: keys(KEY_A) });
      const relay = await agents.relay(server.port);
      await agents.client({ security: keys(KEY_A) }).call(addressOf(relay), Who, null);
      await expectRefusal(meet(keys(KEY_A), keys(KEY_B)), 'key', 'refused');
      const shown = Buffer.concat(relay.recorded).toString('latin1') + JSON.stringify(agents.logger.lines);
      for (const key of [KEY_A, KEY_B]) {
        expect(shown).not.toContain(key.reveal());
        expect(shown).not.toContain(Buffer.from(key.reveal(), 'base64').toString('latin1'));
      }
    });

    test('a client of another region is refused, a server of another region is not', async () => {
      await expectRefusal(
        meet(keys(KEY_A), keys(KEY_A), { ...CLIENT, region: 'elsewhere' }),
        'region',
        'it is a client of region "elsewhere", not "global"',
      );
      await expect(meet(keys(KEY_A), keys(KEY_A), ABROAD)).resolves.toMatchObject({ role: 'server' });
    });

    test('a server of another region than expected is refused by the dialler', () =>
      expectRefusal(
        meet(keys(KEY_A), keys(KEY_A), SERVER, 'elsewhere'),
        'region',
        'it is of region "global", not "elsewhere"',
      ));
  });

  describe('by certificate', () => {
    test('client and server meet over TLS, and know it', async () => {
      await expect(meet(tls('server-global'), tls('client'))).resolves.toEqual({
        role: 'client',
        authentication: 'certificate',
      });
      await expect(meet(tls('server-global'), tls('server-global'), SERVER)).resolves.toMatchObject({ role: 'server' });
    });

    test("a server's certificate is good for the client role", async () => {
      await expect(meet(tls('server-global'), tls('server-global'))).resolves.toMatchObject({ role: 'client' });
    });

    test("a client's certificate is not good for the server role", () =>
      expectRefusal(
        meet(tls('server-global'), tls('client'), SERVER),
        'role',
        'the certificate is not one of a server',
      ));

    test('a listener that is no server by its certificate is refused by the dialler', () =>
      expectRefusal(meet(tls('client'), tls('client')), 'role', 'the certificate is not one of a server'));

    test('the certificate of another region is refused', async () => {
      await expectRefusal(
        meet(tls('server-global'), tls('server-wrong-region'), SERVER),
        'region',
        'the certificate is not one of region "global"',
      );
      await expect(meet(tls('server-global'), tls('server-wrong-region'), ABROAD)).resolves.toMatchObject({
        role: 'server',
      });
    });

    test('a listener with the certificate of another region is refused by the dialler', () =>
      expectRefusal(
        meet(tls('server-wrong-region'), tls('client')),
        'region',
        'the certificate is not one of region "global"',
      ));

    test('names count even without verify_server_hostname', () =>
      expectRefusal(
        meet(tls('server-global', false), tls('client', false), SERVER),
        'role',
        'the certificate is not one of a server',
      ));

    test('a certificate that our CA did not sign is refused', async () => {
      const server = await agents.server(endpoints, { security: tls('server-global') });
      const client = agents.client({ security: tls('stranger') });
      await expect(client.call(addressOf(server), Who, null)).rejects.toMatchObject({ code: 'RPC_PEER_REFUSED' });
      await until(() => agents.count(RPC_METRICS.peerRefused, { reason: 'certificate' }) > 0);
      expect(sentences()[0]).toMatch(/^rpc peer 127\.0\.0\.1 refused: TLS failed: /);
    });

    test('a listener that our CA did not sign is refused', async () => {
      await expect(meet(tls('stranger'), tls('client'))).rejects.toMatchObject({
        code: 'RPC_PEER_REFUSED',
        detail: { reason: 'certificate' },
      });
    });

    test('no certificate is refused', async () => {
      const server = await agents.server(endpoints, { security: tls('server-global') });
      const { ca } = testTls('client');
      const socket = connectTls({
        port: server.port,
        ca,
        servername: 'server.global.nomad',
        ALPNProtocols: ['steppe-rpc/1'],
      });
      socket.on('error', () => undefined).resume();
      const hello = { identity: CLIENT, direction: 'forward', authentication: 'certificate', nonce: NONCE };
      socket.write(Buffer.concat([Buffer.from('STEPPE-RPC 1\r\n'), framed(JSON.stringify(hello))]));
      await new Promise((resolve) => socket.once('close', resolve));
      expect(agents.count(RPC_METRICS.peerRefused, { reason: 'certificate' })).toBe(1);
    });

    test('a peer without TLS is refused, whichever side it is', async () => {
      const server = await agents.server(endpoints, { security: tls('server-global') });
      await expect(agents.client().call(addressOf(server), Who, null)).rejects.toThrow();
      await until(() => sentences().length === 1);
      expect(sentences()).toEqual(['rpc peer 127.0.0.1 refused: it does not speak TLS']);
      await expect(meet({}, tls('client'))).rejects.toMatchObject({ code: 'RPC_PEER_REFUSED' });
    });

    test('TLS below 1.2 is refused', async () => {
      const server = await agents.server(endpoints, { security: tls('server-global') });
      const { ca, cert, key } = testTls('client');
      const socket = connectTls({
        port: server.port,
        ca,
        cert,
        key,
        maxVersion: 'TLSv1.1',
        minVersion: 'TLSv1',
        ciphers: 'DEFAULT@SECLEVEL=0',
      });
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.once('close', resolve));
      await until(() => agents.count(RPC_METRICS.peerRefused, { reason: 'certificate' }) === 1);
    });

    test('certificates that are replaced count from the next connection on', async () => {
      let name = 'stranger';
      const server = await agents.server(endpoints, { security: { tls: () => testTls(name) } });
      const client = () => agents.client({ security: tls('client') });
      await expect(client().call(addressOf(server), Who, null)).rejects.toMatchObject({ code: 'RPC_PEER_REFUSED' });
      name = 'server-global';
      await expect(client().call(addressOf(server), Who, null)).resolves.toMatchObject({
        authentication: 'certificate',
      });
    });

    test('reverse calls go over TLS too', async () => {
      const server = await agents.server([], { security: tls('server-global') });
      await agents.link(() => [addressOf(server)], endpoints, { security: tls('client') });
      await until(() => server.reverseSessions.get('node-1') !== undefined);
      await expect(server.reverseSessions.get('node-1')?.call(Who, null)).resolves.toEqual({
        role: 'server',
        authentication: 'certificate',
      });
    });
  });

  describe('as a node that can be called', () => {
    const other = new Secret('another one');
    const registered = (secret: Secret): NodeKeys => ({
      keyOf: async (id) => (id === 'node-1' ? nodeKeyOf(secret) : undefined),
    });
    const ways: [string, () => [RpcSecurity, RpcSecurity]][] = [
      ['certificates', () => [tls('server-global'), tls('client')]],
      ['cluster keys', () => [keys(KEY_A), keys(KEY_A)]],
      ['nothing else', () => [{}, {}]],
    ];

    test.each(ways)('one that holds the secret of its registration is accepted, by %s', async (_, security) => {
      const [listener, dialler] = security();
      const server = await agents.server([], { security: listener, nodeKeys: registered(NODE_SECRET) });
      await agents.link(() => [addressOf(server)], endpoints, { security: dialler });
      await until(() => server.reverseSessions.get('node-1') !== undefined);
      await expect(server.reverseSessions.get('node-1')?.call(Who, null)).resolves.toMatchObject({ role: 'server' });
    });

    test.each(ways)('one that claims the id of another is refused, by %s', async (_, security) => {
      const [listener, dialler] = security();
      const server = await agents.server([], { security: listener, nodeKeys: registered(other) });
      await agents.link(() => [addressOf(server)], endpoints, { security: dialler });
      await until(() => agents.count(RPC_METRICS.peerRefused, { reason: 'node' }) > 0);
      expect(sentences()[0]).toBe('rpc peer 127.0.0.1 refused: it does not prove that it is node "node-1"');
      expect(server.reverseSessions.list()).toEqual([]);
    });

    test('it cannot take the place of the one that is connected', async () => {
      const server = await agents.server([], { nodeKeys: registered(NODE_SECRET) });
      await agents.link(() => [addressOf(server)], endpoints);
      await until(() => server.reverseSessions.get('node-1') !== undefined);
      const session = server.reverseSessions.get('node-1');
      await agents.link(() => [addressOf(server)], [], { secret: other });
      await until(() => agents.count(RPC_METRICS.peerRefused, { reason: 'node' }) > 1);
      expect(server.reverseSessions.get('node-1')).toBe(session);
      await expect(session?.call(Who, null)).resolves.toMatchObject({ role: 'server' });
    });

    test('one that has not registered is refused, and so is every one where nobody knows the nodes', async () => {
      const server = await agents.server([], { nodeKeys: registered(NODE_SECRET) });
      await agents.link(() => [addressOf(server)], [], { self: { ...CLIENT, id: 'node-2' } });
      await until(() => sentences().length > 0);
      expect(sentences()[0]).toBe('rpc peer 127.0.0.1 refused: node "node-2" is not registered');
      expect(server.reverseSessions.list()).toEqual([]);
    });

    test('neither the secret nor its digest is on the wire, and a recorded proof cannot be played again', async () => {
      const server = await agents.server([], { security: keys(KEY_A), nodeKeys: registered(NODE_SECRET) });
      const relay = await agents.relay(server.port);
      const link = await agents.link(() => [addressOf(relay)], [], { security: keys(KEY_A) });
      await until(() => server.reverseSessions.get('node-1') !== undefined);
      await link.stop();
      const recorded = Buffer.concat(relay.recorded);
      expect(recorded.includes(NODE_SECRET.reveal())).toBe(false);
      expect(recorded.includes(nodeKeyOf(NODE_SECRET))).toBe(false);
      await until(() => server.reverseSessions.list().length === 0);
      const socket = connect(server.port, '127.0.0.1');
      socket.on('error', () => undefined).resume();
      socket.write(recorded);
      await new Promise((resolve) => socket.once('close', resolve));
      expect(server.reverseSessions.list()).toEqual([]);
      expect(agents.count(RPC_METRICS.peerRefused, { reason: 'key' })).toBe(1);
    });

    test('without keys, too, a proof is worth nothing in another handshake', async () => {
      const server = await agents.server([], { nodeKeys: registered(NODE_SECRET) });
      const relay = await agents.relay(server.port);
      const link = await agents.link(() => [addressOf(relay)], []);
      await until(() => server.reverseSessions.get('node-1') !== undefined);
      await link.stop();
      await until(() => server.reverseSessions.list().length === 0);
      const socket = connect(server.port, '127.0.0.1');
      socket.on('error', () => undefined).resume();
      socket.write(Buffer.concat(relay.recorded));
      await new Promise((resolve) => socket.once('close', resolve));
      expect(agents.count(RPC_METRICS.peerRefused, { reason: 'node' })).toBe(1);
    });
  });

  describe('without either', () => {
    test('a peer on this machine is accepted', async () => {
      await expect(meet({}, {})).resolves.toEqual({ role: 'client', authentication: 'none' });
    });
  });

  describe('from another machine, without either', () => {
    /** A listener to whom every peer seems to come from elsewhere. */
    async function remoteListener(security: RpcSecurity): Promise<string> {
      const listener = createServer((socket) => {
        Object.defineProperty(socket, 'remoteAddress', { value: '192.0.2.7' });
        socket.on('error', () => undefined);
        // What it refuses, the dialler is told.
        greetDialler(socket, { self: SERVER, security: securityNow(security) }).catch(() => undefined);
        listeners.push(() => socket.destroy());
      });
      await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
      listeners.push(() => listener.close());
      return addressOf(listener.address() as AddressInfo);
    }
    const listeners: (() => void)[] = [];
    afterEach(() => {
      for (const end of listeners.splice(0)) end();
    });
    const dialler = () =>
      new Dialler(
        { dialTimeoutMs: 5_000 },
        {
          self: () => CLIENT,
          security: {},
          clock: new SystemClock(),
          logger: agents.logger,
          meter: new CallMeter('dialler', { metrics: noMetrics, clock: new SystemClock() }),
        },
      );

    test('a peer is refused, and told what to configure', async () => {
      const address = await remoteListener({});
      await expect(dialler().dial({ address, direction: 'forward' })).rejects.toMatchObject({
        code: 'RPC_PEER_REFUSED',
        message: `rpc: ${address}: it refused us: it is on another machine, and this agent has neither TLS nor a cluster key`,
      });
    });

    test('a peer is accepted when the operator wrote insecure, unauthenticated', async () => {
      const address = await remoteListener({ insecure: true });
      const { socket, peer } = await dialler().dial({ address, direction: 'forward' });
      expect(peer).toMatchObject({ role: 'server', authentication: 'none' });
      socket.destroy();
    });

    test.each([
      ['127.0.0.1', '127.0.0.1', true],
      ['127.8.9.10', '127.0.0.1', true],
      ['::1', '::1', true],
      ['::ffff:127.0.0.1', '::ffff:127.0.0.1', true],
      ['10.0.0.5', '10.0.0.5', true],
      ['10.0.0.6', '10.0.0.5', false],
      ['127.0.0.1.example', '10.0.0.5', false],
      [undefined, undefined, false],
    ])('a peer at %s that reached us at %s is local: %s', (remoteAddress, localAddress, expected) => {
      expect(isLocal({ remoteAddress, localAddress })).toBe(expected);
    });
  });

  describe('before authentication', () => {
    test('a peer that says nothing is closed after the handshake timeout', async () => {
      const clock = new SimClock();
      const server = await agents.server(endpoints, { security: keys(KEY_A), clock, handshakeTimeoutMs: 5_000 });
      const socket = connect(server.port, '127.0.0.1');
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.on('error', () => undefined).resume();
      await until(() => agents.count(RPC_METRICS.accepted) === 1);
      await clock.advance(4_999);
      expect(agents.count(RPC_METRICS.peerRefused)).toBe(0);
      await clock.advance(1);
      await closed;
      expect(sentences()).toEqual(['rpc peer 127.0.0.1 refused: the handshake took longer than 5000 ms']);
    });

    test('a listener that says nothing fails the dial after its timeout', async () => {
      const clock = new SimClock();
      const server = await agents.server(endpoints);
      const relay = await agents.relay(server.port);
      relay.fallSilent();
      const client = agents.client({ clock, dialTimeoutMs: 3_000 });
      const call = client.call(addressOf(relay), Who, null);
      const refused = expect(call).rejects.toMatchObject({
        code: 'RPC_UNREACHABLE',
        message: `dial tcp ${addressOf(relay)}: i/o timeout`,
      });
      await until(() => relay.recorded.length > 0);
      await clock.advance(3_000);
      await refused;
    });

    test('silent peers count against the limit of their address', async () => {
      const server = await agents.server(endpoints, { security: keys(KEY_A), maxSessionsPerAddress: 2 });
      const silent = [connect(server.port, '127.0.0.1'), connect(server.port, '127.0.0.1')];
      await until(() => agents.count(RPC_METRICS.accepted) === 2);
      const client = agents.client({ security: keys(KEY_A) });
      await expect(client.call(addressOf(server), Who, null)).rejects.toMatchObject({ code: 'RPC_UNREACHABLE' });
      for (const socket of silent) socket.destroy();
      await until(() => agents.count(RPC_METRICS.peerRefused, { reason: 'limit' }) === 1);
    });

    test.each([
      ['another protocol', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')],
      ['a message that is too large', Buffer.concat([Buffer.from('STEPPE-RPC 1\r\n'), Buffer.from([0xff, 0xff])])],
      ['a message that is no JSON', Buffer.concat([Buffer.from('STEPPE-RPC 1\r\n'), framed('nonsense')])],
      ['a hello that is none', Buffer.concat([Buffer.from('STEPPE-RPC 1\r\n'), framed('{"identity":null}')])],
      ['JSON that is no object', Buffer.concat([Buffer.from('STEPPE-RPC 1\r\n'), framed('null')])],
    ])('garbage is refused: %s', async (_, bytes) => {
      const server = await agents.server(endpoints, { security: keys(KEY_A) });
      const socket = connect(server.port, '127.0.0.1');
      socket.on('error', () => undefined).resume();
      socket.write(bytes);
      await new Promise((resolve) => socket.once('close', resolve));
      expect(agents.count(RPC_METRICS.peerRefused, { reason: 'protocol' })).toBe(1);
    });
  });
});

function framed(message: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(message));
  return Buffer.concat([length, Buffer.from(message)]);
}

function unframed(bytes: Buffer): readonly string[] {
  const messages: string[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const end = at + 2 + bytes.readUInt16BE(at);
    if (end > bytes.length) break;
    messages.push(bytes.subarray(at + 2, end).toString());
    at = end;
  }
  return messages;
}
