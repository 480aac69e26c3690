/**
 * The conformance suite of {@link StateEngine}s, for those who write one; and real etcd members for tests.
 * @packageDocumentation
 */
export { ENGINE_CONFORMANCE } from './engine-conformance.js';
export type { ConformanceCase, EnginePlace } from './engine-conformance.js';
export { EtcdCluster, HAS_ETCD } from './etcd-cluster.js';
