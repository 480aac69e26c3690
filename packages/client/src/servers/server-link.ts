import type { NodeRegistration, NodeStatus, Secret } from '@steppe/domain';

/** What a node gets back for registering or for a heartbeat. */
export interface HeartbeatReply {
  /** The next heartbeat is due within this time, milliseconds. */
  readonly heartbeatTtlMs: number;
  /** Index of the write, 0 when nothing had to be written. */
  readonly index: number;
  /** RPC addresses of the region's servers, `host:port`. */
  readonly servers: readonly string[];
  /** How many nodes the region has. */
  readonly nodeCount: number;
}

export interface ServerCallOptions {
  /** Aborts when the runtime stops. */
  readonly signal: AbortSignal;
}

/**
 * Port: calls to servers, provided by the assembly. Every call must settle: the implementation sets its own deadline and
 * heeds the signal. Where a server answered with an error, the message is the server's own: `node not found` and
 * `No cluster leader` are recognised in it.
 */
export interface ServerLink {
  /** Makes the node known to the region. @param server - `host:port`, IPv6 in brackets */
  register(
    server: string,
    registration: NodeRegistration,
    secret: Secret,
    options: ServerCallOptions,
  ): Promise<HeartbeatReply>;
  /** A heartbeat. @param server - `host:port`, IPv6 in brackets */
  updateStatus(
    server: string,
    node: { readonly id: string; readonly secret: Secret },
    status: NodeStatus,
    options: ServerCallOptions,
  ): Promise<HeartbeatReply>;
  /** Resolves when a server answers at the address. @param address - `ip:port`, IPv6 in brackets */
  ping(address: string, options: ServerCallOptions): Promise<void>;
}
