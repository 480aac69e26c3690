/**
 * The region's shared state and who leads it.
 * @packageDocumentation
 */
export type { Commit, Mutation, StateImage, StoredRow, TableImage } from './change/commit.js';
export { defineTable, jsonCodec, orderedNumber, prepareRow } from './table/table.js';
export type {
  PreparedRow,
  RowCodec,
  RowIndexes,
  Table,
  TableDefinition,
  TableIndex,
  Unindexed,
} from './table/table.js';
export type { RangeOptions } from './table/ordered-map.js';
export { BUILT_IN_TABLES } from './tables/built-in-tables.js';
export {
  ACL_BOOTSTRAP,
  ACL_BOOTSTRAP_KEY,
  ACL_POLICIES,
  ACL_ROLES,
  ACL_TOKENS,
  ONE_TIME_TOKENS,
} from './tables/acl.js';
export type { AclBootstrap, OneTimeTokenRow } from './tables/acl.js';
export { ALLOCATIONS } from './tables/allocations.js';
export { EVALUATIONS } from './tables/evaluations.js';
export {
  JOB_SUBMISSIONS,
  JOB_VERSIONS,
  jobKey,
  JOBS,
  jobVersionKey,
  SCALING_EVENTS,
  scalingEventsKey,
} from './tables/jobs.js';
export type { JobRow, JobSubmissionRow, ScalingEventsRow } from './tables/jobs.js';
export {
  NAMESPACES,
  NODE_POOLS,
  SCHEDULER_CONFIGURATION,
  SCHEDULER_CONFIGURATION_KEY,
} from './tables/scheduling.js';
export { NODE_SECRETS, NODES } from './tables/nodes.js';
export type { NodeSecret } from './tables/nodes.js';
export { SIGNING_KEYS } from './tables/signing-keys.js';
export type { SigningKey } from './tables/signing-keys.js';
export type { EngineLimits, EngineSink, StateEngine } from './engine/state-engine.js';
export { MemoryEngine } from './engine/memory/memory-engine.js';
export { LmdbEngine } from './engine/lmdb/lmdb-engine.js';
export type { LmdbEngineOptions } from './engine/lmdb/lmdb-engine.js';
export { createState } from './engine/create-state.js';
export type { ServerState, StateOptions } from './engine/create-state.js';
export { createEtcdState } from './engine/etcd/create-etcd-state.js';
export type { EtcdState, EtcdStateDeps, EtcdStateOptions } from './engine/etcd/create-etcd-state.js';
export { imageOf, imagePieces } from './store/state-image.js';
export type { ImagePiece, PiecesOptions } from './store/state-image.js';
export { Projection } from './store/projection.js';
export type { ProjectionListener } from './store/projection.js';
export type { StateTransaction } from './store/state-draft.js';
export { StateSnapshot } from './store/state-snapshot.js';
export type { StateReader } from './store/state-snapshot.js';
export { EngineStateStore } from './store/state-store.js';
export type { Indexed, StateStore, StateStoreDeps, StateStoreOptions } from './store/state-store.js';
export { inspectState, restoreState, saveState } from './snapshot/state-snapshots.js';
export type { SnapshotOptions, SnapshotSummary } from './snapshot/state-snapshots.js';
export type { WaitOptions, WatchTarget } from './store/watches.js';
export { compileFilter } from './query/filter.js';
export type { Filter } from './query/filter.js';
export { creationOrder, readList } from './query/list.js';
export type { ListOptions, ListOrder, ListPage, ListQuery } from './query/list.js';
export type { Leader, Leadership } from './leadership/leadership.js';
export { SingleServerLeadership } from './leadership/single-server-leadership.js';
export type { SingleServerOptions } from './leadership/single-server-leadership.js';
export type { StateError, StateErrorDetail } from './errors.js';
