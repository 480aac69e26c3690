import type { Clock, Logger, Metrics } from '@steppe/runtime';
import { GOSSIP_METRICS } from '../metrics.js';
import type { GossipAddress } from '../transport/transport.js';
import type { IndirectPingMessage, PingMessage, PingSource } from '../wire/memberlist-message.js';
import type { AckRegistry } from './ack-registry.js';
import type { GuardedDelegate } from './guarded-delegate.js';
import { hostOf } from './ip-address.js';
import type { LocalNode } from './local-node.js';
import type { NodeTable } from './node-table.js';
import type { MemberlistTiming } from './options.js';
import type { PacketPort } from './packet-port.js';
import { pingSource } from './prober.js';
import type { InboundRequest } from './stream-port.js';

export type PingResponderOptions = Pick<MemberlistTiming, 'probeTimeoutMs'> & {
  /** Stands for a port of 0. */
  readonly boundPort: number;
  /** Whether whoever sends us a datagram has proved to hold a key of the pool. */
  readonly authenticated: boolean;
};

export interface PingResponderDeps {
  readonly table: NodeTable;
  readonly local: LocalNode;
  readonly acks: AckRegistry;
  readonly packets: PacketPort;
  readonly delegate: GuardedDelegate;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Indirect pings under way for others at once; more are not taken. */
const MAX_RELAYED = 1024;
const NOTHING = new Uint8Array();

interface ReplyAddress extends GossipAddress {
  /** Nobody is known there, so it gets nothing but the ack: we must not be a way to flood strangers. */
  readonly stranger: boolean;
}

/** Answers pings, and pings others for who asks us to. One datagram in causes at most one out at each step. */
export class PingResponder {
  readonly #options: PingResponderOptions;
  readonly #deps: PingResponderDeps;
  readonly #relayed = new Set<() => void>();

  constructor(options: PingResponderOptions, deps: PingResponderDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  ping({ node, seqNo, source }: PingMessage, from: GossipAddress): void {
    const { packets, delegate } = this.#deps;
    if (!this.#concernsUs(node, from)) return;
    const to = this.#replyTo(source, from);
    packets.send({ type: 'ack', seqNo, payload: delegate.ackPayload() }, to, { piggyback: !to.stranger });
  }

  /** The same over a stream: the reply goes back on it, without payload. */
  streamPing({ node, seqNo }: PingMessage, { from, reply }: InboundRequest): void {
    if (this.#concernsUs(node, from)) reply({ type: 'ack', seqNo, payload: NOTHING });
  }

  /** Pings the target with a number of our own; passes its ack on, or says after the probe timeout that none came. */
  indirectPing({ seqNo, target, port, node, nack, source }: IndirectPingMessage, from: GossipAddress): void {
    const { acks, clock, local, metrics, packets, table } = this.#deps;
    const host = hostOf(target);
    const to = { host: host ?? '', port: port === 0 ? this.#options.boundPort : port };
    // Differs from memberlist: without encryption only members are pinged for others, as anybody could ask.
    const mayPing = this.#options.authenticated || table.hasAddress(to.host, to.port);
    if (host === undefined || !mayPing || this.#relayed.size >= MAX_RELAYED) {
      metrics.incrCounter(GOSSIP_METRICS.indirectPingsRefused);
      return;
    }
    const replyTo = this.#replyTo(source, from);
    const options = { piggyback: !replyTo.stranger };
    const end = (): void => {
      timer.cancel();
      acks.forget(ownSeqNo);
      this.#relayed.delete(end);
    };
    const ownSeqNo = acks.expect({
      onAck: () => {
        end();
        packets.send({ type: 'ack', seqNo, payload: NOTHING }, replyTo, options);
      },
    });
    const timer = clock.setTimer(this.#options.probeTimeoutMs, () => {
      end();
      if (nack) packets.send({ type: 'nack', seqNo }, replyTo, options);
    });
    this.#relayed.add(end);
    packets.send({ type: 'ping', node, seqNo: ownSeqNo, source: pingSource(local.node) }, to);
  }

  stop(): void {
    for (const end of this.#relayed) end();
  }

  #concernsUs(node: string, from: GossipAddress): boolean {
    if (node === '' || node === this.#deps.local.node.name) return true;
    this.#deps.logger.warn('got a ping for another node', { node, from: from.host });
    return false;
  }

  /**
   * Where the pinger wants its reply.
   * Differs from memberlist: an unproved wish counts only for the address it came from or one of a member.
   */
  #replyTo(source: PingSource | undefined, from: GossipAddress): ReplyAddress {
    const { table } = this.#deps;
    const { authenticated } = this.#options;
    const host = source && hostOf(source.address);
    if (source !== undefined && host !== undefined) {
      const known = authenticated || table.hasAddress(host, source.port);
      if (known || host === from.host) return { host, port: source.port, stranger: !known };
    }
    return { ...from, stranger: !authenticated && !table.hasAddress(from.host, from.port) };
  }
}
