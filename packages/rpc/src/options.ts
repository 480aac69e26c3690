/** Bounds and timing of a session, the same on both ends. */
export interface RpcSessionOptions {
  /** Calls the peer may have open on one session, default 512; more are refused. */
  readonly maxConcurrentCalls?: number;
  /** Calls of ours that may wait for one of those places, default 4096; more fail with RPC_TOO_MANY_CALLS. */
  readonly maxQueuedCalls?: number;
  /** How often a session is pinged, milliseconds, default 30 000; 0 never. Nomad's `rpc.keep_alive_interval`. */
  readonly keepAliveIntervalMs?: number;
  /** How long a ping may take before the session is given up, milliseconds, default 10 000. */
  readonly keepAliveTimeoutMs?: number;
  /** How long a peer may take to end a stream that was stopped, milliseconds, default 5 000; then it is reset. */
  readonly stopGraceMs?: number;
}

export type ResolvedSessionOptions = Required<RpcSessionOptions>;

export const DEFAULT_SESSION_OPTIONS: ResolvedSessionOptions = {
  maxConcurrentCalls: 512,
  maxQueuedCalls: 4_096,
  keepAliveIntervalMs: 30_000,
  keepAliveTimeoutMs: 10_000,
  stopGraceMs: 5_000,
};
