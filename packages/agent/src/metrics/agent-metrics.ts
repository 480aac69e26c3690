/** Every metric this package emits. */
export const AGENT_METRICS = {
  /** Sample: seconds from the request's arrival to its last byte; label `route`. */
  httpRequest: 'http.request_seconds',
  /** Counter: connections refused because one address had too many. */
  httpRefused: 'http.connections_refused',
  /** Gauge: bytes of the V8 heap in use. */
  heapUsed: 'runtime.alloc_bytes',
  /** Gauge: resident set size, bytes. */
  residentSet: 'runtime.sys_bytes',
  /** Gauge: bytes outside the heap that V8 tracks (array buffers). */
  external: 'runtime.external_bytes',
  /** Gauge: 99th percentile of the event loop's delay over the last interval, seconds. */
  loopDelay: 'runtime.event_loop_delay_p99_seconds',
  /** Gauge: active handles and requests of the process. */
  activeResources: 'runtime.num_goroutines',
  /** Gauge: seconds since the agent started. */
  uptime: 'uptime',
} as const;
