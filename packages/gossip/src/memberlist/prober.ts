import type { Clock, Logger, Metrics, Timer } from '@steppe/runtime';
import { GOSSIP_METRICS } from '../metrics.js';
import type { GossipAddress } from '../transport/transport.js';
import type { PingMessage, PingSource, SuspectMessage } from '../wire/memberlist-message.js';
import type { AckRegistry } from './ack-registry.js';
import type { Awareness } from './awareness.js';
import type { GossipNode } from './delegate.js';
import type { GuardedDelegate } from './guarded-delegate.js';
import type { LocalNode } from './local-node.js';
import type { NodeTable } from './node-table.js';
import type { MemberlistTiming } from './options.js';
import type { PacketPort } from './packet-port.js';

export type ProberOptions = Pick<
  MemberlistTiming,
  'probeIntervalMs' | 'probeTimeoutMs' | 'indirectChecks' | 'gossipToTheDeadMs'
> & { readonly tcpPings: boolean };

export interface ProberDeps {
  readonly table: NodeTable;
  readonly local: LocalNode;
  readonly acks: AckRegistry;
  readonly packets: PacketPort;
  readonly awareness: Awareness;
  readonly delegate: GuardedDelegate;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Pings over a stream; exactly one call of `onDone`. @returns gives up */
  readonly pingOverStream: (
    to: GossipAddress,
    ping: PingMessage,
    timeoutMs: number,
    onDone: (answered: boolean) => void,
  ) => () => void;
  readonly suspect: (message: SuspectMessage) => void;
}

/** PMax from which a node answers pings over streams, and understands nacks. */
const STREAM_PINGS_SINCE = 3;
const NACKS_SINCE = 4;

/** The probe under way. */
interface Probe {
  /** As it was when the probe began: a claim of failure is about that incarnation. */
  readonly node: GossipNode;
  readonly ping: PingMessage;
  readonly startedMs: number;
  /** From the start to the verdict; fixed at the start. */
  readonly deadlineMs: number;
  timer: Timer;
  /** Helpers are asked. */
  indirect: boolean;
  nacksExpected: number;
  nacks: number;
  answeredOverStream: boolean;
  cancelStream: (() => void) | undefined;
}

/**
 * Checks one node per probe interval, every node once per round: first directly, then through helpers and over a stream.
 * A node nobody reaches is suspected; how well the helpers did tells us how well we are ourselves.
 * @see spec sections 2.7, 3.2, 3.3
 */
export class Prober {
  readonly #options: ProberOptions;
  readonly #deps: ProberDeps;
  #current: Probe | undefined;

  constructor(options: ProberOptions, deps: ProberDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** To be called every probe interval. A probe that takes longer swallows the ticks it misses. */
  tick(): void {
    if (this.#current !== undefined) return;
    const { table, local } = this.#deps;
    const record = table.nextToProbe(
      ({ name, state }) => name !== local.node.name && (state === 'alive' || state === 'suspect'),
      () => this.#purge(),
    );
    if (record !== undefined) this.#probe(record.node);
  }

  stop(): void {
    if (this.#current !== undefined) this.#finish(this.#current);
  }

  /** Forgets the nodes that are gone for long enough that everybody must have heard. */
  #purge(): void {
    const { table, clock, local } = this.#deps;
    const before = clock.monotonic() - this.#options.gossipToTheDeadMs;
    table.remove(
      ({ name, state, stateSinceMs }) =>
        (state === 'dead' || state === 'left') && stateSinceMs < before && name !== local.node.name,
    );
  }

  #probe(node: GossipNode): void {
    const { acks, awareness, clock, packets, local, metrics } = this.#deps;
    const deadlineMs = awareness.scale(this.#options.probeIntervalMs);
    if (awareness.score > 0) metrics.incrCounter(GOSSIP_METRICS.degradedProbe);
    const seqNo = acks.expect({
      onAck: (payload) => this.#acked(probe, payload),
      onNack: () => (probe.nacks += 1),
    });
    const probe: Probe = {
      node,
      ping: { type: 'ping', node: node.name, seqNo, source: pingSource(local.node) },
      startedMs: clock.monotonic(),
      deadlineMs,
      timer: clock.setTimer(Math.min(this.#options.probeTimeoutMs, deadlineMs), () => this.#askHelpers(probe)),
      indirect: false,
      nacksExpected: 0,
      nacks: 0,
      answeredOverStream: false,
      cancelStream: undefined,
    };
    this.#current = probe;
    // A datagram that cannot even be sent need not be waited for.
    const onError = (): void => this.#askHelpers(probe);
    if (node.state === 'suspect') {
      const { name, incarnation } = node;
      const suspicion: SuspectMessage = { type: 'suspect', node: name, incarnation, from: local.node.name };
      // Lifeguard: whoever is suspected hears it from its prober, and can refute at once.
      packets.sendToNode([probe.ping, suspicion], node, onError);
    } else {
      packets.send(probe.ping, node, { onError });
    }
  }

  #askHelpers(probe: Probe): void {
    if (probe !== this.#current || probe.indirect) return;
    probe.indirect = true;
    probe.timer.cancel();
    const { clock, packets, table, local, pingOverStream } = this.#deps;
    const leftMs = Math.max(0, probe.deadlineMs - (clock.monotonic() - probe.startedMs));
    probe.timer = clock.setTimer(leftMs, () => this.#expired(probe));
    const { name, address, port, versions } = probe.node;
    const helpers = table.pick(
      this.#options.indirectChecks,
      (helper) => helper.state === 'alive' && helper.name !== name && helper.name !== local.node.name,
    );
    for (const helper of helpers) {
      const nack = helper.versions.protocolMax >= NACKS_SINCE;
      if (nack) probe.nacksExpected += 1;
      packets.send({ ...probe.ping, type: 'indirect-ping', target: address, port, node: name, nack }, helper);
    }
    if (!this.#options.tcpPings || versions.protocolMax < STREAM_PINGS_SINCE) return;
    probe.cancelStream = pingOverStream(probe.node, probe.ping, leftMs, (answered) => {
      probe.answeredOverStream = answered;
      probe.cancelStream = undefined;
    });
  }

  #acked(probe: Probe, payload: Uint8Array): void {
    const { awareness, clock, delegate, metrics } = this.#deps;
    this.#finish(probe);
    awareness.adjust(-1);
    const rttMs = clock.monotonic() - probe.startedMs;
    metrics.addSample(GOSSIP_METRICS.probe, rttMs);
    // An ack after helpers were asked may be theirs, and tells nothing of the way to the node.
    if (!probe.indirect) delegate.tell('onPingCompleted', probe.node, rttMs, payload);
  }

  #expired(probe: Probe): void {
    const { awareness, logger, metrics, suspect, local } = this.#deps;
    this.#finish(probe);
    metrics.addSample(GOSSIP_METRICS.probe, probe.deadlineMs);
    const { name, incarnation } = probe.node;
    if (probe.answeredOverStream) {
      awareness.adjust(-1);
      metrics.incrCounter(GOSSIP_METRICS.answeredOverStreamOnly);
      logger.warn('a node answers over TCP but not over UDP: check the network for blocked datagrams', { node: name });
      return;
    }
    awareness.adjust(probe.nacksExpected > 0 ? Math.max(0, probe.nacksExpected - probe.nacks) : 1);
    logger.info('a node does not answer: suspecting it', { node: name, nacks: probe.nacks });
    suspect({ type: 'suspect', node: name, incarnation, from: local.node.name });
  }

  #finish(probe: Probe): void {
    this.#current = undefined;
    probe.timer.cancel();
    probe.cancelStream?.();
    this.#deps.acks.forget(probe.ping.seqNo);
  }
}

/** Where acks to our pings should go. */
export function pingSource({ address, port, name }: GossipNode): PingSource {
  return { address, port, node: name };
}
