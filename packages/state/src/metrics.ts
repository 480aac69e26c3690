/** Every metric this package emits. */
export const STATE_METRICS = {
  /** Counter: transactions committed. */
  applied: 'raft.apply',
  /** Sample: milliseconds from handing a group of transactions to the engine to its acknowledgement. */
  commitMs: 'raft.commitTime',
  /** Sample: transactions that were committed together. */
  groupSize: 'state.group_transactions',
  /** Counter: groups the engine did not commit; label `code`. */
  failed: 'state.commit_failed',
  /** Gauge: index of the newest commit applied here. */
  appliedIndex: 'raft.appliedIndex',
  /** Counter: this server became, and ceased to be, the leader. */
  leaderGained: 'raft.state.leader',
  leaderLost: 'raft.state.follower',
  /** Counter: calls to etcd that were tried again; label `code`. */
  etcdRetries: 'state.etcd_retries',
  /** Counter: times everything was read again from etcd, because the changes in between were no longer to be had. */
  etcdResyncs: 'state.etcd_resyncs',
} as const;
