import type { Clock, Logger, Metrics, Timer } from '@steppe/runtime';
import { gossipError } from '../errors.js';
import { GOSSIP_METRICS } from '../metrics.js';
import type { GossipAddress } from '../transport/transport.js';
import type { PushPullMessage } from '../wire/memberlist-message.js';
import type { LocalNode } from './local-node.js';
import type { NodeTable } from './node-table.js';
import { pushPullIntervalMs } from './push-pull.js';
import type { PushPull } from './push-pull.js';
import type { InboundRequest, StreamPort } from './stream-port.js';

/** Exchanges peers may have under way with us at once; more are closed unanswered. */
const MAX_INBOUND = 128;

export interface StateExchangeDeps {
  readonly pushPull: PushPull;
  readonly streams: StreamPort;
  readonly table: NodeTable;
  readonly local: LocalNode;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Push/pull over streams: with a random node every now and then, with any address to join, and when peers ask. */
export class StateExchange {
  readonly #intervalMs: number;
  readonly #deps: StateExchangeDeps;
  #timer: Timer | undefined;
  #inbound = 0;

  constructor(options: { readonly pushPullIntervalMs: number }, deps: StateExchangeDeps) {
    this.#intervalMs = options.pushPullIntervalMs;
    this.#deps = deps;
  }

  /** Begins the periodic exchanges. @param part - share of the first pause that is waited, so that members spread out */
  start(part: number): void {
    if (this.#intervalMs > 0) this.#schedule(part);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /**
   * Exchanges state with whoever listens there. Exactly one call of `onDone`, never before this returns.
   * @returns gives up
   */
  begin(address: GossipAddress, join: boolean, onDone: (error: Error | undefined) => void): () => void {
    const { pushPull, streams, clock, metrics } = this.#deps;
    const startedMs = clock.monotonic();
    return streams.request(address, pushPull.localState(join), {}, (reply) => {
      metrics.addSample(GOSSIP_METRICS.pushPull, clock.monotonic() - startedMs);
      if (reply instanceof Error) onDone(reply);
      else if (reply?.type === 'push-pull') onDone(this.#merge({ ...reply, join }, address));
      else {
        const where = `${address.host}:${address.port}`;
        onDone(gossipError({ code: 'GOSSIP_STREAM_FAILED', address: where }, `unexpected reply: ${where}`));
      }
    });
  }

  answer(message: PushPullMessage, { from, reply, onClosed }: InboundRequest): void {
    const { pushPull, logger, metrics } = this.#deps;
    if (this.#inbound >= MAX_INBOUND) {
      metrics.incrCounter(GOSSIP_METRICS.pushPullsRefused);
      logger.warn('too many exchanges of state at once: one is refused', { from: from.host });
      return;
    }
    this.#inbound += 1;
    onClosed(() => (this.#inbound -= 1));
    // memberlist: the answer goes out before what was received counts, so a refusal stays unknown to the peer.
    reply(pushPull.localState(message.join));
    this.#merge(message, from);
  }

  #merge(message: PushPullMessage, from: GossipAddress): Error | undefined {
    const reason = this.#deps.pushPull.merge(message);
    if (reason === undefined) return undefined;
    this.#deps.metrics.incrCounter(GOSSIP_METRICS.mergesRefused);
    this.#deps.logger.error('the state of a peer is refused', { from: from.host, reason });
    return gossipError({ code: 'GOSSIP_MERGE_REFUSED', reason }, reason);
  }

  #schedule(part = 1): void {
    const { table, local, clock, logger } = this.#deps;
    this.#timer = clock.setTimer(part * pushPullIntervalMs(this.#intervalMs, table.size), () => {
      this.#schedule();
      const [node] = table.pick(1, ({ name, state }) => state === 'alive' && name !== local.node.name);
      if (node === undefined) return;
      this.begin(node, false, (error) => {
        if (error !== undefined) logger.warn('exchanging state failed', { node: node.name, error: error.message });
      });
    });
  }
}
