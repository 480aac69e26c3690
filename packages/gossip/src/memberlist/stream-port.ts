import type { Clock, Logger, Metrics, Timer } from '@steppe/runtime';
import { gossipError } from '../errors.js';
import { GOSSIP_METRICS } from '../metrics.js';
import type { GossipAddress, GossipStream, Transport } from '../transport/transport.js';
import type { PingMessage, StreamMessage } from '../wire/memberlist-message.js';
import { MAX_STREAM_BYTES } from '../wire/stream-codec.js';
import type { StreamCodec, StreamDirection } from '../wire/stream-codec.js';

/** Streams peers may have open to us at once; more are closed unread. */
const MAX_INBOUND = 1024;
/** Long before a pool has grown so large that nobody can join any more, somebody should know. */
const WARN_BYTES = 0.6 * MAX_STREAM_BYTES;

export interface StreamPortDeps {
  readonly transport: Transport;
  readonly codec: StreamCodec;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** A request of a peer, to be answered within the callback or not at all. */
export interface InboundRequest {
  readonly message: StreamMessage;
  readonly from: GossipAddress;
  /** Sends the one reply. */
  readonly reply: (message: StreamMessage) => void;
  /** Hears when the stream is gone. */
  readonly onClosed: (callback: () => void) => void;
}

/** One request per stream, one reply, a deadline on both. */
export class StreamPort {
  readonly #options: { readonly tcpTimeoutMs: number };
  readonly #deps: StreamPortDeps;
  readonly #cancels = new Set<() => void>();
  #inbound = 0;

  constructor(options: { readonly tcpTimeoutMs: number }, deps: StreamPortDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /**
   * Dials, sends a request, and waits for its reply where one is expected. Exactly one call of `onDone`, never before
   * this returns. An error message of the peer arrives as an error.
   * @param timeoutMs - for dialling, and again for the exchange
   * @returns gives up: `onDone` is called with GOSSIP_STREAM_FAILED at once, when it has not been
   */
  request(
    to: GossipAddress,
    request: StreamMessage,
    { timeoutMs = this.#options.tcpTimeoutMs, awaitReply = true } = {},
    onDone: (result: StreamMessage | Error | undefined) => void,
  ): () => void {
    const { transport, codec, clock, metrics } = this.#deps;
    let stream: GossipStream | undefined;
    let timer: Timer | undefined;
    let done = false;
    const finish = (result: StreamMessage | Error | undefined): void => {
      if (done) return;
      done = true;
      timer?.cancel();
      cancelDial();
      this.#cancels.delete(cancel);
      if (result === undefined) stream?.end();
      else stream?.destroy();
      onDone(result);
    };
    const fail = (reason: string, cause?: Error): void => {
      const text = `${reason}: ${to.host}:${to.port}`;
      finish(gossipError({ code: 'GOSSIP_STREAM_FAILED', address: `${to.host}:${to.port}` }, text, cause));
    };
    const onOpen = (opened: GossipStream): void => {
      stream = opened;
      metrics.incrCounter(GOSSIP_METRICS.tcpConnect);
      timer = clock.setTimer(timeoutMs, () => fail('i/o timeout'));
      const reader = codec.reader('reply', (result) => {
        if (result.type === 'rejected') fail(`bad reply (${result.reason})`);
        else if (result.type === 'error') fail(`remote error: ${result.error}`);
        else finish(result);
      });
      opened.onData = (chunk) => reader.push(chunk);
      opened.onClose = (error) => fail(error?.message ?? 'closed without a reply', error);
      const bytes = this.#encode(request, 'request');
      opened.write(bytes);
      if (!awaitReply) finish(undefined);
    };
    // What a dial fails with names the address by itself.
    const cancelDial = transport.dial(to, { timeoutMs }, { onOpen, onError: finish });
    const cancel = (): void => fail('given up');
    this.#cancels.add(cancel);
    return cancel;
  }

  /** Pings over a stream; one call of `onDone`. @returns gives up */
  ping(to: GossipAddress, ping: PingMessage, timeoutMs: number, onDone: (answered: boolean) => void): () => void {
    return this.request(to, ping, { timeoutMs }, (reply) => {
      onDone(reply !== undefined && !(reply instanceof Error) && reply.type === 'ack' && reply.seqNo === ping.seqNo);
    });
  }

  /** Reads the request of a peer that dialled us. */
  accept(stream: GossipStream, onRequest: (request: InboundRequest) => void): void {
    const { codec, clock, logger, metrics } = this.#deps;
    metrics.incrCounter(GOSSIP_METRICS.tcpAccept);
    if (this.#inbound >= MAX_INBOUND) {
      metrics.incrCounter(GOSSIP_METRICS.streamsClosed);
      stream.destroy();
      return;
    }
    this.#inbound += 1;
    let replied = false;
    let afterClose: (() => void) | undefined;
    const destroy = (): void => stream.destroy();
    this.#cancels.add(destroy);
    let timer = clock.setTimer(this.#options.tcpTimeoutMs, destroy);
    const send = (message: StreamMessage): void => {
      replied = true;
      timer.cancel();
      timer = clock.setTimer(this.#options.tcpTimeoutMs, destroy);
      const bytes = this.#encode(message, 'reply');
      stream.write(bytes);
      stream.end();
    };
    const reader = codec.reader('request', (result) => {
      if (result.type === 'rejected') {
        metrics.incrCounter(GOSSIP_METRICS.streamsClosed);
        logger.warn('a stream was refused', { from: stream.remote.host, reason: result.reason });
        if (result.errorReply === undefined) stream.destroy();
        else send({ type: 'error', error: result.errorReply });
        return;
      }
      onRequest({
        message: result,
        from: stream.remote,
        reply: send,
        onClosed: (callback) => (afterClose = callback),
      });
      if (!replied) stream.end();
    });
    stream.onData = (chunk) => reader.push(chunk);
    stream.onClose = () => {
      timer.cancel();
      this.#inbound -= 1;
      this.#cancels.delete(destroy);
      afterClose?.();
    };
  }

  /** Breaks every stream off. */
  stop(): void {
    for (const cancel of this.#cancels) cancel();
  }

  #encode(message: StreamMessage, direction: StreamDirection): Uint8Array {
    const { codec, logger, metrics } = this.#deps;
    const bytes = codec.encode(message, direction);
    metrics.incrCounter(GOSSIP_METRICS.tcpSent, bytes.length);
    if (bytes.length > WARN_BYTES) {
      logger.warn('a stream message nears the size from which peers refuse it', {
        type: message.type,
        bytes: bytes.length,
      });
    }
    return bytes;
  }
}
