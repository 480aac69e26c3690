/** Every metric this package emits. */
export const SCHEDULER_METRICS = {
  /** Gauges: evaluations by where they are. */
  ready: 'nomad.broker.total_ready',
  unacked: 'nomad.broker.total_unacked',
  pending: 'nomad.broker.total_pending',
  waiting: 'nomad.broker.total_waiting',
  cancelable: 'nomad.broker.total_cancelable',
  blocked: 'nomad.blocked_evals.total_blocked',
  escaped: 'nomad.blocked_evals.total_escaped',
  quotaLimit: 'nomad.blocked_evals.total_quota_limit',
  /** Gauge: plans that wait for the applier. */
  planQueueDepth: 'nomad.plan.queue_depth',
  /** Sample: checking a plan, milliseconds. */
  planEvaluate: 'nomad.plan.evaluate',
  /** Counter: nodes whose part of a plan was refused; label `node_id`. */
  nodeRejected: 'nomad.plan.node_rejected',
  /** Gauge: refusals that count, see `PlanRejectionTracker`; label `node_id`. */
  rejectionScore: 'nomad.plan.rejection_tracker.node_score',
  /** Counters of the workers; label `type`. */
  dequeued: 'nomad.worker.dequeued',
  acked: 'nomad.worker.acked',
  nacked: 'nomad.worker.nacked',
  /** A scheduler gave up. */
  failed: 'nomad.worker.failed',
  /** Sample: time for one evaluation, milliseconds; label `type`. */
  invoke: 'nomad.worker.invoke_scheduler',
} as const;
