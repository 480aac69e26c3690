/** Every metric this package emits. */
export const LOG_METRICS = {
  /** Gauge: open subscriptions. */
  subscribers: 'log.subscribers',
  /** Counter: records lost by readers that were behind, added when the loss is reported to them. */
  dropped: 'log.dropped',
  /** Counter: lines an output refused; label `sink` is `hub` for any sink, `file` for the log file, `ring` for the ring, `syslog` for the system log. */
  sinkError: 'log.sink_error',
} as const;
