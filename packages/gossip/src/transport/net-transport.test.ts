import { afterEach, describe, expect, test } from '@jest/globals';
import { SystemClock, noMetrics, silentLogger } from '@steppe/runtime';
import type { Clock, Metrics } from '@steppe/runtime';
import { ownLoopbackHost, SimClock } from '@steppe/testing';
import { createSocket } from 'node:dgram';
import type { Socket as UdpSocket } from 'node:dgram';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { NetTransport } from './net-transport.js';
import type { NetTransportOptions } from './net-transport.js';
import type { GossipAddress, GossipStream } from './transport.js';

/** Some containers have no IPv6. */
const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ family }) => family === 'IPv6'));
const testIpv6 = hasIpv6 ? test : test.skip;

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A transport on a loopback port of its own, with what reached it. */
class Peer {
  readonly packets: { readonly text: string; readonly from: GossipAddress }[] = [];
  readonly streams: { readonly stream: GossipStream; text: string; closed: boolean; error: Error | undefined }[] = [];
  readonly transport: NetTransport;
  /** Calls when anything happened. */
  #wake = (): void => undefined;
  #refused = 0;

  constructor(options: Partial<NetTransportOptions> = {}, clock: Clock = new SystemClock()) {
    const metrics: Metrics = {
      ...noMetrics,
      incrCounter: () => {
        this.#refused += 1;
        this.#wake();
      },
    };
    this.transport = new NetTransport(
      { host: '127.0.0.1', port: 0, ...options },
      { clock, logger: silentLogger, metrics },
    );
  }

  get refused(): number {
    return this.#refused;
  }

  async start(): Promise<this> {
    closers.push(() => this.transport.stop());
    await this.transport.start({
      onPacket: (bytes, from) => {
        this.packets.push({ text: Buffer.from(bytes).toString(), from });
        this.#wake();
      },
      onStream: (stream) => void this.watch(stream),
    });
    return this;
  }

  watch(stream: GossipStream): GossipStream {
    const record = { stream, text: '', closed: false, error: undefined as Error | undefined };
    this.streams.push(record);
    stream.onData = (chunk) => {
      record.text += Buffer.from(chunk).toString();
      this.#wake();
    };
    stream.onClose = (error) => {
      record.closed = true;
      record.error = error;
      this.#wake();
    };
    this.#wake();
    return stream;
  }

  dial(to: GossipAddress, timeoutMs = 5000): Promise<GossipStream> {
    return new Promise((resolve, reject) => {
      const onOpen = (stream: GossipStream): void => resolve(this.watch(stream));
      this.transport.dial(to, { timeoutMs }, { onOpen, onError: reject });
    });
  }

  /** Resolves once `condition` holds. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}

function freeUdpPort(host: string): Promise<{ readonly socket: UdpSocket; readonly port: number }> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.bind(0, host, () => resolve({ socket, port: socket.address().port }));
  });
}

function tcpListener(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({ server, port: (server.address() as AddressInfo).port }));
  });
}

describe('datagrams', () => {
  test('arrive, and leave from the bound port', async () => {
    const [a, b] = [await new Peer().start(), await new Peer().start()];
    a.transport.send(Buffer.from('ping'), b.transport.bound);
    await b.until(() => b.packets.length === 1);
    expect(b.packets).toEqual([{ text: 'ping', from: a.transport.bound }]);
  });

  test('reach the sender itself', async () => {
    const a = await new Peer().start();
    a.transport.send(Buffer.from('self'), a.transport.bound);
    await a.until(() => a.packets.length === 1);
    expect(a.packets[0]?.from).toEqual(a.transport.bound);
  });

  testIpv6('over IPv6 name their sender in IPv6', async () => {
    const [a, b] = [await new Peer({ host: '::1' }).start(), await new Peer({ host: '::1' }).start()];
    a.transport.send(Buffer.from('six'), b.transport.bound);
    await b.until(() => b.packets.length === 1);
    expect(b.packets).toEqual([{ text: 'six', from: a.transport.bound }]);
  });

  testIpv6('from a socket of both families reach an IPv4 peer, which is named in IPv4', async () => {
    const [any, four] = [await new Peer({ host: '::' }).start(), await new Peer().start()];
    const toAny = { host: '127.0.0.1', port: any.transport.bound.port };
    any.transport.send(Buffer.from('out'), four.transport.bound);
    four.transport.send(Buffer.from('in'), toAny);
    await four.until(() => four.packets.length === 1);
    await any.until(() => any.packets.length === 1);
    expect(four.packets).toEqual([{ text: 'out', from: toAny }]);
    expect(any.packets).toEqual([{ text: 'in', from: four.transport.bound }]);
  });

  test.each([
    ['a name', 'localhost', 1, 'hi'],
    ['an address of the other family', '::1', 1, 'hi'],
    ['no port', '127.0.0.1', 0, 'hi'],
    ['a datagram beyond what UDP carries', '127.0.0.1', 1, 'x'.repeat(70_000)],
  ])('to %s are reported and lost', async (_, host, port, text) => {
    const a = await new Peer().start();
    const error = await new Promise((resolve) => a.transport.send(Buffer.from(text), { host, port }, resolve));
    expect(error).toMatchObject({ message: expect.stringMatching(/\w/) });
  });

  test('before start and after stop are reported and lost', async () => {
    const a = new Peer();
    const errors: Error[] = [];
    a.transport.send(Buffer.from('early'), a.transport.bound, (error) => errors.push(error));
    await a.start();
    await a.transport.stop();
    a.transport.send(Buffer.from('late'), a.transport.bound, (error) => errors.push(error));
    expect(errors.map(({ message }) => message)).toEqual(['the transport does not run', 'the transport does not run']);
  });
});

describe('streams', () => {
  test('carry a request and its reply, and close when the listener has sent it', async () => {
    const [a, b] = [await new Peer().start(), await new Peer().start()];
    const dialled = await a.dial(b.transport.bound);
    dialled.write(Buffer.from('request'));
    await b.until(() => b.streams[0]?.text === 'request');
    const reply = 'reply '.repeat(200_000);
    b.streams[0]?.stream.write(Buffer.from(reply));
    b.streams[0]?.stream.end();
    await a.until(() => a.streams[0]?.closed === true);
    expect(a.streams[0]).toMatchObject({ text: reply, error: undefined });
    expect(b.streams[0]?.stream.remote.host).toBe('127.0.0.1');
    await b.until(() => b.streams[0]?.closed === true);
  });

  test('say in which way the peer broke them', async () => {
    const a = await new Peer().start();
    const { server, port } = await tcpListener();
    closers.push(() => new Promise((resolve) => server.close(() => resolve())));
    server.on('connection', (socket) => socket.once('data', () => socket.resetAndDestroy()));
    const dialled = await a.dial({ host: '127.0.0.1', port });
    dialled.write(Buffer.from('request'));
    await a.until(() => a.streams[0]?.closed === true);
    expect(a.streams[0]?.error).toMatchObject({
      code: 'GOSSIP_STREAM_FAILED',
      message: `tcp 127.0.0.1:${port}: connection reset by peer`,
    });
  });

  test('closed by one side end on the other, and closing twice does no harm', async () => {
    const [a, b] = [await new Peer().start(), await new Peer().start()];
    const dialled = await a.dial(b.transport.bound);
    await b.until(() => b.streams.length === 1);
    dialled.destroy();
    dialled.destroy();
    dialled.end();
    dialled.write(Buffer.from('nobody hears this'));
    await b.until(() => b.streams[0]?.closed === true);
    expect(b.streams[0]?.text).toBe('');
  });

  test('on which nothing moves are broken off after the idle time', async () => {
    const clock = new SimClock();
    const b = await new Peer({ streamIdleMs: 1000 }, clock).start();
    const a = await new Peer().start();
    const dialled = await a.dial(b.transport.bound);
    await b.until(() => b.streams.length === 1);
    await clock.advance(999);
    dialled.write(Buffer.from('still here'));
    await b.until(() => b.streams[0]?.text === 'still here');
    await clock.advance(999);
    expect(b.streams[0]?.closed).toBe(false);
    await clock.advance(1);
    await b.until(() => b.streams[0]?.closed === true);
    expect(b.streams[0]?.error?.message).toMatch(/^tcp 127\.0\.0\.1:\d+: i\/o timeout$/);
  });

  test.each([
    ['per source', { maxInboundStreamsPerSource: 2 }],
    ['in total', { maxInboundStreams: 2 }],
  ])('beyond the limit %s are closed unread, and counted until one ends', async (_, options) => {
    const [a, b] = [await new Peer().start(), await new Peer(options).start()];
    for (let i = 0; i < 3; i += 1) await a.dial(b.transport.bound);
    await b.until(() => b.refused === 1);
    await a.until(() => a.streams[2]?.closed === true);
    expect(b.streams).toHaveLength(2);

    a.streams[0]?.stream.destroy();
    await b.until(() => b.streams[0]?.closed === true);
    const again = await a.dial(b.transport.bound);
    again.write(Buffer.from('hello'));
    await b.until(() => b.streams[2]?.text === 'hello');
  });

  test('are all closed when the transport stops', async () => {
    const [a, b] = [await new Peer().start(), await new Peer().start()];
    await a.dial(b.transport.bound);
    await b.until(() => b.streams.length === 1);
    await b.transport.stop();
    expect(b.streams[0]?.closed).toBe(true);
    await a.until(() => a.streams[0]?.closed === true);
  });
});

describe('dialling', () => {
  test('where nobody listens fails in the words of Go', async () => {
    const a = await new Peer().start();
    const nobody = { host: ownLoopbackHost(), port: 4648 };
    await expect(a.dial(nobody)).rejects.toMatchObject({
      code: 'GOSSIP_DIAL_FAILED',
      message: `dial tcp ${nobody.host}:4648: connect: connection refused`,
    });
  });

  test('fails when it takes too long', async () => {
    const clock = new SimClock();
    const a = await new Peer({}, clock).start();
    const b = await new Peer().start();
    const { port } = b.transport.bound;
    const dialled = a.dial(b.transport.bound, 500).catch((error: unknown) => error);
    await clock.advance(500);
    expect(await dialled).toMatchObject({ message: `dial tcp 127.0.0.1:${port}: i/o timeout` });
  });

  test('given up calls nobody back', async () => {
    const [a, b] = [await new Peer().start(), await new Peer().start()];
    const calls: string[] = [];
    const giveUp = a.transport.dial(
      b.transport.bound,
      { timeoutMs: 5000 },
      { onOpen: () => calls.push('open'), onError: () => calls.push('error') },
    );
    giveUp();
    // A later dial gets through, so the first one would have been heard of.
    await a.dial(b.transport.bound);
    expect(calls).toEqual([]);
  });

  test.each([
    ['a name', 'localhost', 1, 'dial tcp localhost:1: not an IP address'],
    ['a port that cannot be', '127.0.0.1', 70_000, 'dial tcp 127.0.0.1:70000: '],
  ])('%s fails, but not before it returns', async (_, host, port, message) => {
    const a = await new Peer().start();
    const errors: Error[] = [];
    const failed = new Promise<void>((resolve) => {
      const onError = (error: Error): void => {
        errors.push(error);
        resolve();
      };
      a.transport.dial({ host, port }, { timeoutMs: 5000 }, { onOpen: () => undefined, onError });
    });
    expect(errors).toEqual([]);
    await failed;
    expect(errors[0]?.message).toContain(message);
  });

  test('that is under way when the transport stops fails', async () => {
    const [a, b] = [await new Peer().start(), await new Peer().start()];
    const dialled = a.dial(b.transport.bound).catch((error: Error) => error.message);
    await a.transport.stop();
    expect(await dialled).toContain('use of closed network connection');
  });
});

describe('binding', () => {
  test('a TCP port that is taken names protocol and address', async () => {
    const { server, port } = await tcpListener();
    closers.push(() => new Promise((resolve) => server.close(() => resolve())));
    await expect(new Peer({ port }).start()).rejects.toMatchObject({
      code: 'GOSSIP_LISTEN_FAILED',
      message: `listen tcp 127.0.0.1:${port}: bind: address already in use`,
    });
  });

  test('a UDP port that is taken names protocol and address, and leaves the TCP port free', async () => {
    // Elsewhere somebody may have the TCP port of that number.
    const host = ownLoopbackHost();
    const { socket, port } = await freeUdpPort(host);
    await expect(new Peer({ host, port }).start()).rejects.toMatchObject({
      code: 'GOSSIP_LISTEN_FAILED',
      message: `listen udp ${host}:${port}: bind: address already in use`,
    });
    await new Promise<void>((resolve) => socket.close(resolve));
    const peer = await new Peer({ host, port }).start();
    expect(peer.transport.bound).toEqual({ host, port });
  });

  test('an address of no interface fails', async () => {
    await expect(new Peer({ host: '192.0.2.1' }).start()).rejects.toMatchObject({ code: 'GOSSIP_LISTEN_FAILED' });
  });

  test('a name is no address to bind', () => {
    expect(() => new Peer({ host: 'localhost' })).toThrow(RangeError);
  });
});
