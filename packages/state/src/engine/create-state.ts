import type { Clock, Logger, Metrics, Random, Startable } from '@steppe/runtime';
import type { Leadership } from '../leadership/leadership.js';
import type { SingleServerOptions } from '../leadership/single-server-leadership.js';
import { SingleServerLeadership } from '../leadership/single-server-leadership.js';
import type { EtcdStateOptions } from './etcd/create-etcd-state.js';
import { createEtcdState } from './etcd/create-etcd-state.js';
import type { LmdbEngineOptions } from './lmdb/lmdb-engine.js';
import { LmdbEngine } from './lmdb/lmdb-engine.js';
import { MemoryEngine } from './memory/memory-engine.js';
import type { StateEngine } from './state-engine.js';

/** Where a server keeps its region's state. */
export type StateOptions =
  /** Nowhere: for dev agents and tests. */
  | { readonly engine: 'memory' }
  | ({ readonly engine: 'lmdb' } & LmdbEngineOptions)
  | ({ readonly engine: 'etcd' } & Omit<EtcdStateOptions, keyof SingleServerOptions>);

/** What keeps the state, and who leads: the one depends on the other. */
export interface ServerState {
  readonly engine: StateEngine;
  readonly leadership: Leadership & Startable;
}

export function createState(
  options: StateOptions,
  server: SingleServerOptions,
  deps: { readonly clock: Clock; readonly random: Random; readonly logger: Logger; readonly metrics: Metrics },
): ServerState {
  if (options.engine === 'etcd') return createEtcdState({ ...options, ...server }, deps);
  const engine = options.engine === 'lmdb' ? new LmdbEngine(options, deps) : new MemoryEngine();
  return { engine, leadership: new SingleServerLeadership(server, deps) };
}
