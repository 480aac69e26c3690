/** Where a node listens, for datagrams and streams alike. */
export interface GossipAddress {
  /** IP text, without brackets. */
  readonly host: string;
  readonly port: number;
}

/**
 * One end of a stream, driven by callbacks so that a simulated network stays synchronous. The receiver of a stream sets
 * `onData` and `onClose` before it returns to the transport; nothing is delivered earlier.
 */
export interface GossipStream {
  readonly remote: GossipAddress;
  /** Bytes as they come. */
  onData: (chunk: Uint8Array) => void;
  /** Called once: the peer finished or broke the stream, or we closed it. `error` says what broke it. */
  onClose: (error?: Error) => void;
  write(bytes: Uint8Array): void;
  /** Sends what was written, then closes. Idempotent. */
  end(): void;
  /** Closes at once. Idempotent. */
  destroy(): void;
}

export interface TransportHandlers {
  /** `bytes` belongs to the handler. */
  onPacket(bytes: Uint8Array, from: GossipAddress): void;
  /** A peer dialled us. */
  onStream(stream: GossipStream): void;
}

/**
 * The network as the protocol sees it: unreliable datagrams and reliable streams on one port.
 * `NetTransport` is UDP and TCP, `SimNetwork` (`@steppe/gossip/testing`) is a simulated one.
 */
export interface Transport {
  /** Binds. @throws GOSSIP_LISTEN_FAILED naming protocol and address */
  start(handlers: TransportHandlers): Promise<void>;
  /** Address bound, with the real port; after `start`. */
  readonly bound: GossipAddress;
  /** Sends one datagram, leaving from the bound port. What cannot be sent at once is lost; `onError` hears of it. */
  send(bytes: Uint8Array, to: GossipAddress, onError?: (error: Error) => void): void;
  /**
   * Opens a stream. Exactly one of `onOpen` and `onError` is called, never before this returns.
   * @returns gives up; later callbacks do not come
   */
  dial(
    to: GossipAddress,
    options: { readonly timeoutMs: number },
    callbacks: { onOpen(stream: GossipStream): void; onError(error: Error): void },
  ): () => void;
  /** Closes listeners and all streams. */
  stop(): Promise<void>;
}
