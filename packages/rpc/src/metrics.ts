/** Every metric this package emits. Label `method` is the RPC method's name. */
export const RPC_METRICS = {
  /** Counter: calls received, by method. */
  received: 'rpc.request',
  /** Counter: received calls that failed, by method. */
  failed: 'rpc.request_error',
  /** Gauge: sessions open at the listener. */
  sessions: 'rpc.accept_conn',
} as const;
