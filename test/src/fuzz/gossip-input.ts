import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { GossipAddress, GossipStream, PacketMessage, Transport, TransportHandlers } from '@steppe/gossip';
import {
  encodePacketMessage,
  encodeSerfMessage,
  encodeStreamMessage,
  encodeTags,
  KeyRing,
  LAN_TIMING,
  NOMAD_VERSIONS,
  PacketCodec,
  Serf,
  StreamCodec,
} from '@steppe/gossip';
import { noMetrics, silentLogger } from '@steppe/runtime';
import { SeededRandom, SimClock } from '@steppe/testing';

const OWN: GossipAddress = { host: '10.0.0.1', port: 7946 };
const PEER: GossipAddress = { host: '10.0.0.2', port: 7946 };
const KEY = Buffer.alloc(32, 7);

/** A network that is fed by hand, and counts what goes out. */
class HandFedTransport implements Transport {
  readonly bound = OWN;
  sentBytes = 0;
  handlers: TransportHandlers | undefined;

  async start(handlers: TransportHandlers): Promise<void> {
    this.handlers = handlers;
  }

  send(bytes: Uint8Array): void {
    this.sentBytes += bytes.length;
  }

  dial(...[, , callbacks]: Parameters<Transport['dial']>): () => void {
    queueMicrotask(() => callbacks.onError(new Error('nobody listens here')));
    return () => undefined;
  }

  async stop(): Promise<void> {
    this.handlers = undefined;
  }

  /** One whole stream: its bytes in two pieces, and its end. @returns bytes answered */
  feedStream(bytes: Uint8Array): number {
    let answered = 0;
    let closed = false;
    const stream: GossipStream = {
      remote: PEER,
      onData: () => undefined,
      onClose: () => undefined,
      write: (reply) => void (answered += reply.length),
      end: () => void (closed = true),
      destroy: () => void (closed = true),
    };
    this.handlers?.onStream(stream);
    const cut = Math.floor(bytes.length / 2);
    if (!closed) stream.onData(bytes.slice(0, cut));
    if (!closed) stream.onData(bytes.slice(cut));
    stream.onClose();
    return answered;
  }
}

export interface GossipFuzzReport {
  readonly inputs: number;
  /** Wall-clock milliseconds of the slowest input. */
  readonly slowestMs: number;
  /** Datagram bytes sent for each byte received. */
  readonly amplification: number;
  /** Growth of the heap from the end of the warm-up to the end of the run, MiB, garbage collected before both. */
  readonly heapGrowthMb: number;
}

export interface GossipFuzzOptions {
  readonly inputs: number;
  readonly seed: number;
  /** With encryption no input is authenticated, so none may change anything. */
  readonly encrypted: boolean;
}

/** Share of the inputs after which every cache and table is as full as it gets. */
const WARM_UP = 0.2;
/** Beyond chance: what is bounded does not grow any more, and what leaks by the input leaks by all of them. */
const MAX_HEAP_GROWTH_MB = 12;
/** Fewer inputs fill no cache. */
const MIN_INPUTS_FOR_HEAP = 100_000;

/**
 * Feeds a whole serf agent with valid messages that were bent, and with noise: datagrams and streams. Whatever it throws ends
 * the run, as does a change of state by what is not authenticated.
 * @throws an `Error` with seed and number of the input that did it; one that names the growth when memory is not flat
 */
export async function fuzzGossipInput({ inputs, seed, encrypted }: GossipFuzzOptions): Promise<GossipFuzzReport> {
  const clock = new SimClock(undefined, { maxEvents: 100_000_000 });
  const random = new SeededRandom(seed);
  const transport = new HandFedTransport();
  const serf = new Serf(
    { memberlist: { ...LAN_TIMING, name: 'self', maxNodes: 1_000 }, tags: { role: 'fuzzed' } },
    {
      transport,
      clock,
      random: new SeededRandom(seed + 1),
      logger: silentLogger,
      metrics: noMetrics,
      ...(encrypted && { keyring: new KeyRing([KEY]) }),
    },
  );
  await serf.start();
  const seeds = validInputs(encrypted);
  const before = fingerprint(serf);
  const warmUp = Math.floor(inputs * WARM_UP);
  let heapBefore = 0;
  let received = 0;
  let slowestMs = 0;
  for (let i = 0; i < inputs; i += 1) {
    if (i === warmUp) heapBefore = heapMb();
    const kind = random.next();
    const valid = seeds[Math.floor(random.next() * seeds.length)] as (typeof seeds)[number];
    const bytes = kind < 0.1 ? noise(random) : bend(valid.bytes, random);
    const started = performance.now();
    try {
      if (valid.stream) transport.feedStream(bytes);
      else transport.handlers?.onPacket(bytes, PEER);
    } catch (error) {
      throw new Error(`input ${i} of seed ${seed} threw: ${Buffer.from(bytes).toString('hex')}`, { cause: error });
    }
    slowestMs = Math.max(slowestMs, performance.now() - started);
    received += bytes.length;
    if (i % 1_000 === 999) {
      await clock.advance(50);
      if (encrypted && fingerprint(serf) !== before) {
        throw new Error(
          `seed ${seed}: something among inputs ${i - 999} to ${i} changed state without being authenticated`,
        );
      }
      if (serf.members().length > 1_000) throw new Error(`seed ${seed}: more members than the table may hold`);
    }
  }
  await clock.advance(1_000);
  if (serf.local().status !== 'alive')
    throw new Error(`seed ${seed}: the agent holds itself for ${serf.local().status}`);
  const heapGrowthMb = heapMb() - heapBefore;
  if (inputs >= MIN_INPUTS_FOR_HEAP && heapGrowthMb > MAX_HEAP_GROWTH_MB) {
    throw new Error(`seed ${seed}: ${inputs} inputs left ${heapGrowthMb.toFixed(1)} MiB behind`);
  }
  await serf.stop();
  return { inputs, slowestMs, amplification: transport.sentBytes / received, heapGrowthMb };
}

function fingerprint(serf: Serf): string {
  const { event_time, member_time, query_time, health_score } = serf.stats();
  return JSON.stringify([serf.members(), event_time, member_time, query_time, health_score]);
}

interface ValidInput {
  readonly bytes: Uint8Array;
  readonly stream: boolean;
}

/** One of each message a peer may send. Encrypted with a key the agent does not have, or not at all, when `encrypted`. */
function validInputs(encrypted: boolean): readonly ValidInput[] {
  const wire = { compression: true, verifyIncoming: true, verifyOutgoing: true };
  const stranger = { ...wire, keyring: new KeyRing([Buffer.alloc(32, 9)]) };
  const codecs = encrypted ? [wire, stranger] : [wire];
  const address = Uint8Array.from([10, 0, 0, 2]);
  const source = { address, port: 7946, node: 'peer' };
  const meta = encodeTags({ role: 'peer' });
  const serf = [
    encodeSerfMessage({ type: 'join', lTime: 3, node: 'peer' }),
    encodeSerfMessage({ type: 'leave', lTime: 4, node: 'self', prune: true }),
    encodeSerfMessage({ type: 'user-event', lTime: 5, name: 'deploy', payload: Buffer.from('v1'), coalesce: true }),
    encodeSerfMessage({
      type: 'query',
      lTime: 6,
      id: 7,
      address,
      port: 7946,
      sourceNode: 'peer',
      filters: [{ type: 'tag', tag: 'role', expression: '^fu+z' }],
      ackRequested: true,
      noBroadcast: false,
      relayFactor: 2,
      timeoutMs: 1_000,
      name: 'load',
      payload: Buffer.from('x'),
    }),
    encodeSerfMessage({ type: 'query-response', lTime: 6, id: 7, from: 'peer', ack: true, payload: new Uint8Array() }),
  ];
  const relay = encodeSerfMessage({
    type: 'relay',
    address,
    port: 7946,
    nodeName: 'peer',
    message: serf[4] as Uint8Array,
  });
  const messages: readonly PacketMessage[] = [
    { type: 'ping', seqNo: 1, node: 'self', source },
    { type: 'indirect-ping', seqNo: 2, target: address, port: 7946, node: 'peer', nack: true, source },
    { type: 'ack', seqNo: 1, payload: new Uint8Array(40) },
    { type: 'nack', seqNo: 1 },
    { type: 'alive', incarnation: 1, node: 'peer', address, port: 7946, meta, versions: NOMAD_VERSIONS },
    { type: 'suspect', incarnation: 1, node: 'self', from: 'peer' },
    { type: 'dead', incarnation: 1, node: 'peer', from: 'peer' },
    ...[...serf, relay].map((payload): PacketMessage => ({ type: 'user', payload })),
  ];
  const state = encodeSerfMessage({
    type: 'push-pull',
    lTime: 9,
    eventLTime: 9,
    queryLTime: 9,
    statusLTimes: new Map([['peer', 8]]),
    leftMembers: ['gone'],
    events: [{ lTime: 8, events: [{ name: 'deploy', payload: Buffer.from('v0') }] }],
  });
  const entry = {
    name: 'peer',
    address,
    port: 7946,
    meta,
    incarnation: 2,
    state: 'alive',
    versions: NOMAD_VERSIONS,
  } as const;
  const streams = [
    encodeStreamMessage({ type: 'ping', seqNo: 5, node: 'self' }),
    encodeStreamMessage({ type: 'push-pull', join: true, nodes: [entry], userState: state }),
    encodeStreamMessage({ type: 'user', payload: serf[2] as Uint8Array }),
  ];
  return codecs.flatMap((options) => {
    const packets = new PacketCodec(options);
    const encoded = messages.map(encodePacketMessage);
    return [
      ...encoded.map((part) => packets.encode([part], { checksum: false })),
      packets.encode(encoded, { checksum: true }),
    ]
      .map((bytes): ValidInput => ({ bytes, stream: false }))
      .concat(
        streams.map((bytes) => ({ bytes, stream: true })),
        [
          {
            bytes: new StreamCodec(options).encode(
              { type: 'push-pull', join: true, nodes: [entry], userState: state },
              'request',
            ),
            stream: true,
          },
        ],
      );
  });
}

function noise(random: SeededRandom): Uint8Array {
  return Uint8Array.from({ length: Math.floor(random.next() * 600) }, () => Math.floor(random.next() * 256));
}

/** Changes, drops, inserts and repeats bytes at random places. Some inputs stay as they are. */
function bend(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const bent = [...bytes];
  for (let changes = Math.floor(random.next() * 6); changes > 0; changes -= 1) {
    const at = Math.floor(random.next() * bent.length);
    const byte = random.next() < 0.3 ? 0xff : Math.floor(random.next() * 256);
    const how = random.next();
    if (how < 0.5) bent[at] = byte;
    else if (how < 0.65) bent.splice(at, 1 + Math.floor(random.next() * 8));
    else if (how < 0.85) bent.splice(at, 0, byte);
    else bent.push(...bent.slice(at, at + 32));
  }
  return Uint8Array.from(bent);
}

/** What is in use, buffers outside the heap included. */
function heapMb(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}
