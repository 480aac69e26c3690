import type { Clock, Logger, Metrics, Random } from '@steppe/runtime';
import { gossipError } from '../errors.js';
import type { GossipNode } from '../memberlist/delegate.js';
import { hostOf } from '../memberlist/ip-address.js';
import { GOSSIP_METRICS } from '../metrics.js';
import type { GossipAddress } from '../transport/transport.js';
import { encodeSerfMessage } from '../wire/serf-codec.js';
import type { QueryMessage, QueryResponseMessage, RelayMessage } from '../wire/serf-message.js';

/** Most bytes of an encoded response, relayed or not. */
const QUERY_RESPONSE_MAX_BYTES = 1024;

/** Who cannot read a relay message. */
const RELAY_PROTOCOL_MIN = 5;
/** Messages passed on to one address within a second; the rest is dropped. */
const RELAYS_PER_SECOND = 256;

export interface QueryRepliesDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** Sends serf bytes to one address, once, unreliably. */
  readonly sendTo: (address: GossipAddress, bytes: Uint8Array) => void;
  /** Takes a response to a query of our own. */
  readonly deliver: (response: QueryResponseMessage) => void;
  /** Our own node. */
  readonly local: () => GossipNode;
  readonly nodes: () => readonly GossipNode[];
  /** Whether a stranger could have sent what we receive. */
  readonly encrypted: () => boolean;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** The way back of acks and responses: straight to who asked, and through other members when that is wanted. */
export class QueryReplies {
  readonly #deps: QueryRepliesDeps;
  #relayed = new Map<string, number>();
  #relayedSinceMs = 0;

  constructor(deps: QueryRepliesDeps) {
    this.#deps = deps;
  }

  /** Whether a response with this payload may be sent. */
  fits(query: QueryMessage, payload: Uint8Array): boolean {
    return this.#size(query, this.#response(query, payload)) <= QUERY_RESPONSE_MAX_BYTES;
  }

  ack(query: QueryMessage): void {
    this.#reply(query, { ...this.#response(query, new Uint8Array()), ack: true });
  }

  /** @throws QUERY_RESPONSE_TOO_LARGE */
  respond(query: QueryMessage, payload: Uint8Array): void {
    const response = this.#response(query, payload);
    const bytes = this.#size(query, response);
    const limit = QUERY_RESPONSE_MAX_BYTES;
    if (bytes > limit) {
      throw gossipError(
        { code: 'QUERY_RESPONSE_TOO_LARGE', bytes, limit },
        `query response exceeds limit of ${limit} bytes: it has ${bytes}`,
      );
    }
    this.#reply(query, response);
  }

  /** Somebody asks us to pass a response on. */
  relay({ address, port, message }: RelayMessage): void {
    const host = hostOf(address);
    // Or anybody could make us send what they like to whom they like.
    if (host === undefined || message.length > QUERY_RESPONSE_MAX_BYTES || !this.#isMember({ host, port })) {
      this.#refuse('relay to a stranger', { host, port });
    } else if (this.#mayRelay(`${host}:${port}`)) {
      this.#deps.sendTo({ host, port }, message);
    } else {
      this.#refuse('too many relays to one member', { host, port });
    }
  }

  #response(query: QueryMessage, payload: Uint8Array): QueryResponseMessage {
    const from = this.#deps.local().name;
    return { type: 'query-response', lTime: query.lTime, id: query.id, from, ack: false, payload };
  }

  #size(query: QueryMessage, response: QueryResponseMessage): number {
    const bytes = encodeSerfMessage(response);
    return query.relayFactor > 0 ? encodeSerfMessage(this.#relayOf(query, bytes)).length : bytes.length;
  }

  #reply(query: QueryMessage, response: QueryResponseMessage): void {
    const { encrypted, local, sendTo, deliver } = this.#deps;
    const host = hostOf(query.address);
    const self = local();
    if (host === self.host && query.port === self.port) {
      deliver(response);
      return;
    }
    // Without encryption the address may be a victim's to whom a forged query has the whole pool send.
    if (host === undefined || (!encrypted() && !this.#isMember({ host, port: query.port }))) {
      this.#refuse('query from a stranger', { host, port: query.port });
      return;
    }
    const bytes = encodeSerfMessage(response);
    sendTo({ host, port: query.port }, bytes);
    if (query.relayFactor === 0) return;
    const relay = encodeSerfMessage(this.#relayOf(query, bytes));
    for (const node of this.#pickRelays(query.relayFactor)) sendTo({ host: node.host, port: node.port }, relay);
  }

  #relayOf({ address, port, sourceNode }: QueryMessage, message: Uint8Array): RelayMessage {
    return { type: 'relay', address, port, nodeName: sourceNode, message };
  }

  /** Random live members that understand a relay; none when the pool is too small for that many. */
  #pickRelays(count: number): readonly GossipNode[] {
    const nodes = this.#deps.nodes();
    if (nodes.length < count + 1) return [];
    const self = this.#deps.local().name;
    const eligible = nodes.filter(
      ({ name, state, versions }) => name !== self && state === 'alive' && versions.protocolMax >= RELAY_PROTOCOL_MIN,
    );
    const picked: GossipNode[] = [];
    while (picked.length < count && eligible.length > 0) {
      const [node] = eligible.splice(Math.floor(this.#deps.random.next() * eligible.length), 1);
      picked.push(node as GossipNode);
    }
    return picked;
  }

  #isMember({ host, port }: GossipAddress): boolean {
    return this.#deps.nodes().some((node) => node.host === host && node.port === port);
  }

  #mayRelay(target: string): boolean {
    const now = this.#deps.clock.monotonic();
    if (now - this.#relayedSinceMs >= 1000) {
      this.#relayed = new Map();
      this.#relayedSinceMs = now;
    }
    const relays = (this.#relayed.get(target) ?? 0) + 1;
    this.#relayed.set(target, relays);
    return relays <= RELAYS_PER_SECOND;
  }

  #refuse(reason: string, fields: { readonly host: string | undefined; readonly port: number }): void {
    this.#deps.metrics.incrCounter(GOSSIP_METRICS.messagesRefused, 1, { reason });
    this.#deps.logger.debug('not sending a query response', { reason, ...fields });
  }
}
