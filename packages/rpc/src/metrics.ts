/**
 * Every metric this package emits. Label `method` is the RPC method's name, `unknown` for names this agent does not have;
 * label `side` is `listener` or `dialler`.
 */
export const RPC_METRICS = {
  /** Counter: connections accepted, before authentication. */
  accepted: 'rpc.accept_conn',
  /** Counter: peers refused, ours or by us; label `reason`, a `RefusalReason`. */
  peerRefused: 'rpc.peer_refused',
  /** Gauge: authenticated sessions; labels `side` and `direction` (`forward`, `reverse`). */
  sessions: 'rpc.sessions',
  /** Counter: sessions given up because a ping was not answered in time. */
  keepAliveLost: 'rpc.keepalive_lost',
  /** Counter: calls received, by method. */
  received: 'rpc.request',
  /** Counter: received calls that failed, by method. */
  failed: 'rpc.request_error',
  /** Sample: seconds from the request to the end of its answer, by method. */
  served: 'rpc.request_seconds',
  /** Gauge: received calls being answered; label `side`. */
  serving: 'rpc.requests_in_flight',
  /** Counter: calls made, by method. */
  made: 'rpc.call',
  /** Counter: made calls that failed, by method. */
  callFailed: 'rpc.call_error',
  /** Sample: seconds a made call took, by method. */
  took: 'rpc.call_seconds',
  /** Gauge: made calls that are open; label `side`. */
  calling: 'rpc.calls_in_flight',
  /** Counter: requests, replies and items refused; label `reason` (`too-large`, `malformed`, `unknown-method`, `not-allowed`, `too-many`). */
  frameRefused: 'rpc.frame_refused',
  /** Counter: streams reset because the peer did not end them when asked. */
  reset: 'rpc.stream_reset',
} as const;
