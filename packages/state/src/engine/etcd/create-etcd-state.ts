import type { Clock, Logger, Metrics, Random } from '@steppe/runtime';
import type { EtcdLeadershipOptions } from '../../leadership/etcd-leadership.js';
import { EtcdLeadership } from '../../leadership/etcd-leadership.js';
import type { EtcdClientOptions } from './etcd-client.js';
import { EtcdClient } from './etcd-client.js';
import { EtcdEngine } from './etcd-engine.js';
import { etcdKeys } from './etcd-keys.js';

export interface EtcdStateOptions extends EtcdClientOptions, EtcdLeadershipOptions {
  /** Below which all keys of the region are, such as `/steppe/global`. No two regions may have the same. */
  readonly prefix: string;
}

export interface EtcdStateDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface EtcdState {
  readonly engine: EtcdEngine;
  readonly leadership: EtcdLeadership;
}

/** State and leadership of a server whose region's state is in etcd: one is nothing without the other. */
export function createEtcdState(options: EtcdStateOptions, deps: EtcdStateDeps): EtcdState {
  const keys = etcdKeys(options.prefix);
  const client = new EtcdClient(options, deps);
  // Leading goes on in short steps of its own, however much there is to read and write.
  const leadershipClient = new EtcdClient(options, deps);
  const engine: EtcdEngine = new EtcdEngine({
    ...deps,
    client,
    keys,
    fence: () => leadership.fence,
    hasLeader: () => leadership.leader() !== undefined,
    onDeposed: () => leadership.deposed(),
  });
  const leadership: EtcdLeadership = new EtcdLeadership(options, {
    ...deps,
    client: leadershipClient,
    keys,
    isStateRead: () => engine.isLoaded,
    catchUp: () => engine.catchUp(),
  });
  return { engine, leadership };
}
