/** Every metric this package emits. */
export const SCHEDULER_METRICS = {
  /** Gauge: evaluations ready for a worker. */
  ready: 'nomad.broker.total_ready',
  /** Gauge: evaluations with a worker. */
  unacked: 'nomad.broker.total_unacked',
  /** Counter: evaluations a worker could not process; label `type`. */
  failed: 'nomad.worker.failed',
} as const;
