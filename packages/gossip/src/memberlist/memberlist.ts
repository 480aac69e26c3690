import type { Clock, Logger, Metrics, Random, Timer } from '@steppe/runtime';
import { gossipError } from '../errors.js';
import type { KeyRing } from '../keyring/key-ring.js';
import { GOSSIP_METRICS } from '../metrics.js';
import type { GossipAddress, Transport } from '../transport/transport.js';
import { encodeNews } from '../wire/memberlist-codec.js';
import { PacketCodec } from '../wire/packet-codec.js';
import { StreamCodec } from '../wire/stream-codec.js';
import { AckRegistry } from './ack-registry.js';
import { Awareness } from './awareness.js';
import { BroadcastQueue } from './broadcast-queue.js';
import type { GossipNode, MemberlistDelegate } from './delegate.js';
import { Gossiper } from './gossiper.js';
import { GuardedDelegate } from './guarded-delegate.js';
import { addressOf } from './ip-address.js';
import { LocalNode } from './local-node.js';
import type { MembershipContext } from './membership-context.js';
import { MAX_META_BYTES } from '../wire/tags.js';
import { NodeStates } from './node-states.js';
import { NodeTable } from './node-table.js';
import { NOMAD_VERSIONS, wireOptions } from './options.js';
import type { MemberlistOptions } from './options.js';
import { PacketPort } from './packet-port.js';
import { PacketReceiver } from './packet-receiver.js';
import { PingResponder } from './ping-responder.js';
import { Prober } from './prober.js';
import { PushPull } from './push-pull.js';
import { StateExchange } from './state-exchange.js';
import { StreamPort } from './stream-port.js';
import type { InboundRequest } from './stream-port.js';
import type { SuspicionRecord } from './suspicion.js';

export interface MemberlistDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly delegate?: MemberlistDelegate;
  readonly keyring?: KeyRing;
  /** Default: one made from the options and the keyring. Members of one process whose options are equal may share one. */
  readonly codec?: PacketCodec;
}

const DEFAULT_PACKET_BYTES = 1400;
const DEFAULT_MAX_NODES = 16_384;

export interface JoinOutcome {
  readonly address: GossipAddress;
  /** Why the exchange with that address failed, or what was refused of it; absent when we are joined. */
  readonly error?: Error;
}

/** What exists only while started. */
interface Running {
  readonly local: LocalNode;
  readonly states: NodeStates;
  readonly prober: Prober;
  readonly responder: PingResponder;
  readonly receiver: PacketReceiver;
  readonly exchange: StateExchange;
}

/**
 * Membership by SWIM with the Lifeguard extensions, compatible with hashicorp/memberlist: who is in the pool, who is
 * suspected, who is gone, and messages of the layer above carried along. This class only ties the parts together: what
 * arrives is handed to the part it concerns, and the periodic parts are called in time.
 */
export class Memberlist {
  readonly #options: MemberlistOptions;
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #metrics: Metrics;
  readonly #delegate: GuardedDelegate;
  readonly #authenticated: boolean;
  readonly #codec: PacketCodec;
  readonly #awareness: Awareness;
  readonly #table: NodeTable;
  readonly #queue: BroadcastQueue;
  readonly #acks = new AckRegistry();
  readonly #packets: PacketPort;
  readonly #streams: StreamPort;
  readonly #timers = new Map<string, Timer>();
  /** Give up what `updateMeta` and `leave` wait for. */
  readonly #waits = new Set<() => void>();
  #state: 'new' | 'running' | 'stopped' = 'new';
  #running: Running | undefined;

  constructor(options: MemberlistOptions, deps: MemberlistDeps) {
    const { transport, clock, random, logger, metrics, delegate = {}, keyring, codec } = deps;
    this.#options = options;
    this.#transport = transport;
    this.#clock = clock;
    this.#random = random;
    this.#logger = logger.named('memberlist');
    this.#metrics = metrics;
    this.#delegate = new GuardedDelegate(delegate, this.#logger);
    const wire = wireOptions(options, keyring);
    this.#authenticated = keyring !== undefined && wire.verifyIncoming;
    this.#codec = codec ?? new PacketCodec(wire);
    this.#awareness = new Awareness(options.awarenessMaxMultiplier, (score) =>
      metrics.setGauge(GOSSIP_METRICS.healthScore, score),
    );
    this.#table = new NodeTable(random);
    this.#queue = new BroadcastQueue({
      retransmitMult: options.retransmitMult,
      // One message per node can wait, and the table is bounded.
      maxDepth: () => this.#maxNodes,
    });
    this.#packets = new PacketPort(
      { packetBytes: options.packetBytes ?? DEFAULT_PACKET_BYTES },
      {
        transport,
        codec: this.#codec,
        queue: this.#queue,
        delegate: this.#delegate,
        table: this.#table,
        metrics,
      },
    );
    this.#streams = new StreamPort(options, {
      transport,
      codec: new StreamCodec(wire),
      clock,
      logger: this.#logger,
      metrics,
    });
  }

  /** Every node known, of any state, ourselves included; the same frozen array until something changes. */
  nodes(): readonly GossipNode[] {
    return this.#table.nodes();
  }

  node(name: string): GossipNode | undefined {
    return this.#table.get(name)?.node;
  }

  /** Our own entry. @throws MEMBERLIST_NOT_RUNNING before start */
  get local(): GossipNode {
    return this.#parts().local.node;
  }

  /** How slow we seem to be ourselves: 0 (healthy) to `awarenessMaxMultiplier - 1`. */
  get healthScore(): number {
    return this.#awareness.score;
  }

  /** News of nodes that still wait to be spread. */
  get queueDepth(): number {
    return this.#queue.depth;
  }

  /** The last suspicions of a node, oldest first, the running one last; empty when it is unknown. */
  suspicions(name: string): readonly SuspicionRecord[] {
    const record = this.#table.get(name);
    if (record === undefined) return [];
    return [...record.pastSuspicions, ...(record.suspicion ? [record.suspicion.record()] : [])];
  }

  /**
   * Tells how late the event loop runs, milliseconds. A delay beyond the probe timeout makes peers look dead to us, so
   * each such report raises the health score by 1. An extension of Lifeguard that memberlist does not have; without calls
   * nothing changes.
   */
  noteLoopLag(ms: number): void {
    if (ms > this.#options.probeTimeoutMs) this.#awareness.adjust(1);
  }

  /**
   * Binds, and announces ourselves to nobody yet.
   * @throws GOSSIP_LISTEN_FAILED; RangeError when there is no IP to advertise, or metadata beyond 512 bytes
   */
  async start(): Promise<void> {
    if (this.#state !== 'new') throw notRunning();
    await this.#transport.start({
      onPacket: (bytes, from) => this.#running?.receiver.receive(bytes, from),
      onStream: (stream) => this.#streams.accept(stream, (request) => this.#onRequest(request)),
    });
    try {
      this.#running = this.#assemble();
    } catch (error) {
      await this.#transport.stop();
      throw error;
    }
    this.#state = 'running';
    const { probeIntervalMs, gossipIntervalMs } = this.#options;
    this.#every('probe', probeIntervalMs, () => this.#running?.prober.tick());
    const gossiper = new Gossiper(this.#options, { ...this.#shared(), local: this.#running.local });
    this.#every('gossip', gossipIntervalMs, () => gossiper.tick());
    this.#running.exchange.start(this.#random.next());
  }

  /**
   * Exchanges state with each address. Outcomes are in the order of the addresses; nothing rejects.
   * @param options.signal - gives up what is not done; those addresses carry its reason
   */
  async join(
    addresses: readonly GossipAddress[],
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<readonly JoinOutcome[]> {
    this.#parts();
    return Promise.all(
      addresses.map(async (address): Promise<JoinOutcome> => {
        const error = await this.#joinOne(address, signal);
        return error === undefined ? { address } : { address, error };
      }),
    );
  }

  /**
   * Announces the metadata the delegate gives now; resolves when it was sent often enough.
   * @throws GOSSIP_META_TOO_LARGE; GOSSIP_BROADCAST_TIMEOUT when it was not sent in time, though it still will be
   */
  async updateMeta({ timeoutMs }: { readonly timeoutMs: number }): Promise<void> {
    const { local } = this.#parts();
    const meta = this.#delegate.localMeta();
    checkMeta(meta);
    const sent = await this.#spread((onDone) => local.updateMeta(meta, onDone), timeoutMs);
    if (!sent) throw gossipError({ code: 'GOSSIP_BROADCAST_TIMEOUT' }, 'timeout waiting for update broadcast');
  }

  /**
   * Marks us left and tells everybody; resolves when that was sent often enough, or after `timeoutMs`. We go on answering
   * until {@link stop}, which should come a while later so that the news spreads.
   */
  async leave({ timeoutMs }: { readonly timeoutMs: number }): Promise<void> {
    const { local } = this.#parts();
    const sent = await this.#spread((onDone) => local.leave(onDone), timeoutMs);
    if (!sent) this.#logger.warn('the departure could not be told to everybody in time');
  }

  /** Stops everything at once and tells nobody; after `leave` that is no failure. Idempotent. */
  async stop(): Promise<void> {
    if (this.#state === 'stopped') return;
    const wasRunning = this.#state === 'running';
    this.#state = 'stopped';
    for (const timer of this.#timers.values()) timer.cancel();
    for (const end of this.#waits) end();
    this.#streams.stop();
    if (this.#running !== undefined) {
      const { exchange, prober, receiver, responder, states, local } = this.#running;
      for (const part of [exchange, prober, receiver, responder, states, local]) part.stop();
      this.#running = undefined;
    }
    if (wasRunning) await this.#transport.stop();
  }

  /** Sends a user message as one datagram: it may be lost, and must fit. */
  sendTo(to: GossipAddress, payload: Uint8Array): void {
    this.#parts();
    this.#packets.send({ type: 'user', payload }, to, { piggyback: false });
  }

  /** Sends a user message over a stream. @throws GOSSIP_STREAM_FAILED */
  sendReliable(to: GossipAddress, payload: Uint8Array): Promise<void> {
    this.#parts();
    return new Promise((resolve, reject) => {
      this.#streams.request(to, { type: 'user', payload }, { awaitReply: false }, (error) =>
        error instanceof Error ? reject(error) : resolve(),
      );
    });
  }

  get #maxNodes(): number {
    return this.#options.maxNodes ?? DEFAULT_MAX_NODES;
  }

  #parts(): Running {
    if (this.#state !== 'running' || this.#running === undefined) throw notRunning();
    return this.#running;
  }

  #shared() {
    return {
      table: this.#table,
      awareness: this.#awareness,
      delegate: this.#delegate,
      acks: this.#acks,
      packets: this.#packets,
      clock: this.#clock,
      logger: this.#logger,
      metrics: this.#metrics,
    };
  }

  #assemble(): Running {
    const { name, versions = NOMAD_VERSIONS, advertise, tcpPings = true } = this.#options;
    const { bound } = this.#transport;
    const { host, port } = { ...bound, ...advertise };
    const address = addressOf(host);
    if (address === undefined || address.every((byte) => byte === 0)) {
      throw new RangeError(`no IP address that peers could reach: ${host}`);
    }
    const meta = this.#delegate.localMeta();
    checkMeta(meta);
    const shared = this.#shared();
    const context: MembershipContext = {
      ...shared,
      announce: (message, onDone) =>
        this.#queue.enqueue({ bytes: encodeNews(message), key: message.node, ...(onDone && { onDone }) }),
    };
    const local = new LocalNode({ name, address, host, port, meta, versions }, this.#options, context);
    const states = new NodeStates(
      { ...this.#options, boundPort: bound.port, maxNodes: this.#maxNodes },
      local,
      context,
    );
    const responder = new PingResponder(
      { ...this.#options, boundPort: bound.port, authenticated: this.#authenticated },
      { ...shared, local },
    );
    const pushPull = new PushPull({ ...shared, states });
    return {
      local,
      states,
      responder,
      receiver: new PacketReceiver(this.#options, { ...shared, codec: this.#codec, responder, states }),
      exchange: new StateExchange(this.#options, { ...shared, streams: this.#streams, pushPull, local }),
      prober: new Prober(
        { ...this.#options, tcpPings },
        {
          ...shared,
          local,
          suspect: (message) => states.suspect(message),
          pingOverStream: (to, ping, timeoutMs, onDone) => this.#streams.ping(to, ping, timeoutMs, onDone),
        },
      ),
    };
  }

  #onRequest(request: InboundRequest): void {
    if (this.#running === undefined) return;
    const { message } = request;
    switch (message.type) {
      case 'ping':
        this.#running.responder.streamPing(message, request);
        break;
      case 'push-pull':
        this.#running.exchange.answer(message, request);
        break;
      case 'user':
        this.#delegate.tell('onMessage', message.payload);
        break;
      case 'ack':
      case 'error':
        break; // no requests
    }
  }

  /** @returns what went wrong */
  #joinOne(address: GossipAddress, signal: AbortSignal | undefined): Promise<Error | undefined> {
    return new Promise((resolve) => {
      if (signal?.aborted) {
        resolve(signal.reason as Error);
        return;
      }
      const giveUp = this.#parts().exchange.begin(address, true, (error) => {
        signal?.removeEventListener('abort', giveUp);
        resolve(signal?.aborted ? (signal.reason as Error) : error);
      });
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }

  /** Begins something that is broadcast. @returns whether it was sent often enough in time, or nobody is there to hear */
  #spread(begin: (onDone: () => void) => void, timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (sent: boolean): void => {
        timer.cancel();
        this.#waits.delete(giveUp);
        resolve(sent);
      };
      const giveUp = (): void => end(false);
      const timer = this.#clock.setTimer(timeoutMs, giveUp);
      this.#waits.add(giveUp);
      begin(() => end(true));
      const others = this.nodes().some(
        ({ name, state }) => name !== this.#options.name && (state === 'alive' || state === 'suspect'),
      );
      if (!others) end(true);
    });
  }

  /** First after a random part of the interval and then a whole one, so that members do not act in step. */
  #every(key: 'probe' | 'gossip', ms: number, action: () => void): void {
    const startTicker = (): void => void this.#timers.set(key, this.#clock.setTicker(ms, action));
    this.#timers.set(key, this.#clock.setTimer(this.#random.next() * ms, startTicker));
  }
}

function notRunning(): Error {
  return gossipError({ code: 'MEMBERLIST_NOT_RUNNING' }, 'memberlist is not running');
}

function checkMeta(meta: Uint8Array): void {
  if (meta.length <= MAX_META_BYTES) return;
  throw gossipError(
    { code: 'GOSSIP_META_TOO_LARGE', bytes: meta.length },
    `node metadata of ${meta.length} bytes exceeds the limit of ${MAX_META_BYTES}`,
  );
}
