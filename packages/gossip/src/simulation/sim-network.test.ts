import { describe, expect, test } from '@jest/globals';
import { SeededRandom, SimClock } from '@steppe/testing';
import type { GossipStream } from '../transport/transport.js';
import { PausableClock } from './pausable-clock.js';
import { SimNetwork } from './sim-network.js';
import type { LinkConditions } from './link-conditions.js';

const [A, B] = [
  { host: '10.0.0.1', port: 7946 },
  { host: '10.0.0.2', port: 7946 },
];

async function pair(conditions: Partial<LinkConditions> = {}, seed = 1) {
  const clock = new SimClock(0);
  const network = new SimNetwork(conditions, { clock, random: new SeededRandom(seed) });
  const processClock = new PausableClock(clock);
  const [a, b] = [network.transport(A), network.transport(B, processClock)];
  const packets: [number, number][] = [];
  const log: string[] = [];
  let accepted: GossipStream | undefined;
  await a.start({ onPacket: () => undefined, onStream: () => undefined });
  await b.start({
    onPacket: (bytes) => packets.push([clock.now(), bytes[0] as number]),
    onStream: (stream) => {
      accepted = stream;
      stream.onData = (chunk) => log.push(`b got ${chunk.join()}`);
      stream.onClose = (error) => log.push(`b closed ${error?.message ?? 'well'} at ${clock.now()}`);
    },
  });
  const dial = () => {
    const opened: { stream?: GossipStream } = {};
    a.dial(
      B,
      { timeoutMs: 1_000 },
      {
        onError: (error) => log.push(`${error.message} at ${clock.now()}`),
        onOpen: (stream) => {
          log.push(`open at ${clock.now()}`);
          stream.onData = (chunk) => log.push(`a got ${chunk.join()}`);
          stream.onClose = (error) => log.push(`a closed ${error?.message ?? 'well'} at ${clock.now()}`);
          opened.stream = stream;
        },
      },
    );
    return opened;
  };
  const send = (count: number) => {
    for (let i = 0; i < count; i += 1) a.send(Uint8Array.of(i), B);
  };
  return { a, b, accepted: () => accepted as GossipStream, clock, dial, log, network, packets, processClock, send };
}

describe('datagrams', () => {
  test('arrive after the latency, in order, and are counted at both ends', async () => {
    const { clock, network, packets, send } = await pair({ latencyMs: 20 });
    send(2);
    await clock.advance(100);
    expect(packets).toEqual([
      [20, 0],
      [20, 1],
    ]);
    expect(network.counters(A.host)).toMatchObject({ packetsSent: 2, packetBytesSent: 2, packetsLost: 0 });
    expect(network.counters(B.host)).toMatchObject({ packetsSent: 0, packetsReceived: 2 });
  });

  test('get lost, doubled and overtaken as often as asked for', async () => {
    const { clock, packets, network, send } = await pair({ lossRate: 0.3, duplicateRate: 0.2, reorderRate: 0.1 });
    send(200);
    await clock.advance(1_000);
    const lost = network.counters(A.host).packetsLost;
    expect(Math.abs(lost - 60)).toBeLessThan(25);
    expect(packets.length).toBeGreaterThan(200 - lost);
    expect(packets.map(([, first]) => first)).not.toEqual(packets.map(([, first]) => first).sort((x, y) => x - y));
  });

  test('are lost in one direction only where a link says so', async () => {
    const { clock, network, packets, send } = await pair();
    network.setLink(B.host, A.host, { datagrams: 'drop' });
    send(1);
    network.setLink('*', B.host, { datagrams: 'drop' });
    send(1);
    network.heal();
    send(1);
    await clock.advance(10);
    expect(packets).toHaveLength(2);
  });

  test('do not cross a partition, nor reach who is not there', async () => {
    const { a, b, clock, network, packets, send } = await pair();
    network.partition([A.host]);
    send(1);
    network.heal();
    a.send(new Uint8Array(1), { host: '10.0.0.3', port: 1 });
    await b.stop();
    send(1);
    await clock.advance(10);
    expect(packets).toEqual([]);
  });

  test('too large for IP are an error', async () => {
    const { a, clock } = await pair();
    const errors: string[] = [];
    a.send(new Uint8Array(65_508), B, (error) => errors.push(error.message));
    await clock.advance(1);
    expect(errors).toEqual(['message too long']);
  });

  test('wait for a paused host, whose timers stand still', async () => {
    const { clock, packets, processClock, send } = await pair();
    const fired: number[] = [];
    processClock.pause();
    processClock.setTimer(5, () => fired.push(clock.now()));
    const cancelled = processClock.setTimer(6, () => fired.push(-1));
    processClock.setTicker(2, () => fired.push(-clock.now()));
    send(2);
    await clock.advance(99);
    expect([packets, fired]).toEqual([[], []]);
    cancelled.cancel();
    processClock.resume();
    expect(packets.map(([at]) => at)).toEqual([99, 99]);
    // The ticker once only, however often it would have fired.
    expect(fired).toEqual([-99, 99]);
  });

  test('run the same way from the same seed', async () => {
    const run = async (seed: number) => {
      const { clock, packets, send } = await pair({ lossRate: 0.5, jitterMs: 30 }, seed);
      send(50);
      await clock.advance(100);
      return packets;
    };
    expect(await run(3)).toEqual(await run(3));
    expect(await run(3)).not.toEqual(await run(4));
  });
});

describe('streams', () => {
  test('carry both directions in order and close well, each end once', async () => {
    const { accepted, clock, dial, log } = await pair({ latencyMs: 10, jitterMs: 10 });
    const opened = dial();
    await clock.advance(50);
    for (let i = 0; i < 5; i += 1) opened.stream?.write(Uint8Array.of(i));
    await clock.advance(50);
    accepted().write(Uint8Array.of(9));
    accepted().end();
    accepted().end();
    await clock.advance(100);
    expect(log.map((line) => line.replace(/ at .*/, ''))).toEqual([
      'open',
      'b got 0',
      'b got 1',
      'b got 2',
      'b got 3',
      'b got 4',
      'a got 9',
      'a closed well',
      'b closed well',
    ]);
  });

  test('are refused where nobody listens, and time out across a partition', async () => {
    const { b, clock, dial, log, network } = await pair({ latencyMs: 10 });
    network.partition([A.host]);
    dial();
    await clock.advance(2_000);
    network.heal();
    await b.stop();
    dial();
    await clock.advance(2_000);
    expect(log).toEqual([
      'dial tcp 10.0.0.2:7946: i/o timeout at 1000',
      'dial tcp 10.0.0.2:7946: connect: connection refused at 2020',
    ]);
  });

  test('tell the peer when one end breaks off', async () => {
    const { clock, dial, log } = await pair({ latencyMs: 10 });
    const opened = dial();
    await clock.advance(50);
    opened.stream?.destroy();
    await clock.advance(50);
    expect(log).toEqual(['open at 20', 'a closed well at 50', 'b closed connection reset by peer at 60']);
  });

  test('wait while the link is cut, and go on in order when it is not', async () => {
    const { clock, dial, log, network } = await pair();
    const opened = dial();
    await clock.advance(10);
    network.partition([A.host]);
    opened.stream?.write(Uint8Array.of(1));
    await clock.advance(150);
    opened.stream?.write(Uint8Array.of(2));
    await clock.advance(1_000);
    expect(log).toEqual(['open at 2']);
    network.heal();
    opened.stream?.write(Uint8Array.of(3));
    await clock.advance(1_000);
    expect(log).toEqual(['open at 2', 'b got 1', 'b got 2', 'b got 3']);
  });
});

test('an address can be bound once', async () => {
  const { a, network } = await pair();
  const handlers = { onPacket: () => undefined, onStream: () => undefined };
  await expect(network.transport(A).start(handlers)).rejects.toMatchObject({ code: 'GOSSIP_LISTEN_FAILED' });
  await a.stop();
  await expect(network.transport(A).start(handlers)).resolves.toBeUndefined();
});
