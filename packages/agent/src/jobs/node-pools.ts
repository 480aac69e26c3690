import type { NodePool } from '@steppe/domain';
import {
  ALL_NODE_POOL,
  BUILT_IN_NODE_POOLS,
  DEFAULT_NODE_POOL,
  goQuote,
  NODE_POOL_WIRE,
  SCHEDULER_ALGORITHMS,
} from '@steppe/domain';
import type { Indexed, StateReader, StateStore } from '@steppe/state';
import { JOBS, NODE_POOLS, NODES } from '@steppe/state';
import { apiError } from '../http/api-error.js';
import { jobOfRow } from '../scheduling/job-rows.js';
import { MAX_DESCRIPTION, withBuiltIn } from './named-rows.js';

const NODE_POOL_NAME = /^[a-zA-Z0-9-_]{1,128}$/;

/** Node pools, the built-in ones included. */
export const nodePoolsOf = (reader: StateReader): readonly NodePool[] =>
  withBuiltIn(reader.rows(NODE_POOLS), [
    { ...NODE_POOL_WIRE.empty, name: ALL_NODE_POOL, description: 'Node pool with all nodes in the cluster.' },
    { ...NODE_POOL_WIRE.empty, name: DEFAULT_NODE_POOL, description: 'Default node pool.' },
  ]);

/** Who needs a pool. */
export function usersOfPool(reader: StateReader, name: string): 'nodes' | 'non-terminal jobs' | undefined {
  if (reader.rows(NODES).some(({ nodePool }) => nodePool === name)) return 'nodes';
  const isUsed = reader.rows(JOBS).some((row) => row.status !== 'dead' && jobOfRow(reader, row).nodePool === name);
  return isUsed ? 'non-terminal jobs' : undefined;
}

/** Writes of node pools. */
export class NodePools {
  readonly #options: { readonly region: string };
  readonly #state: StateStore;

  constructor(options: { readonly region: string }, state: StateStore) {
    this.#options = options;
    this.#state = state;
  }

  /** Adds a pool, or replaces the one of its name. @throws NODE_POOL_REFUSED, and what a transaction throws */
  upsert(pool: NodePool): Promise<Indexed<void>> {
    const { name, description, schedulerConfiguration } = pool;
    if (!NODE_POOL_NAME.test(name)) {
      throw poolRefused(`invalid name ${goQuote(name)}, must match regex ${NODE_POOL_NAME.source}`);
    }
    if (description.length > MAX_DESCRIPTION) throw poolRefused(`description longer than ${MAX_DESCRIPTION}`);
    if (BUILT_IN_NODE_POOLS.includes(name)) throw poolRefused(`modifying node pool ${goQuote(name)} is not allowed`);
    const algorithm = schedulerConfiguration?.algorithm ?? '';
    if (algorithm !== '' && !SCHEDULER_ALGORITHMS.includes(algorithm)) {
      throw poolRefused(`invalid scheduler algorithm: ${algorithm}`);
    }
    return this.#state.transact((tx) => tx.put(NODE_POOLS, pool));
  }

  /** @throws NODE_POOL_NOT_FOUND, NODE_POOL_REFUSED while somebody uses it, and what a transaction throws */
  delete(name: string): Promise<Indexed<void>> {
    if (BUILT_IN_NODE_POOLS.includes(name)) throw poolRefused(`deleting node pool ${goQuote(name)} is not allowed`);
    return this.#state.transact((tx) => {
      if (!tx.delete(NODE_POOLS, name)) throw apiError('NODE_POOL_NOT_FOUND');
      const users = usersOfPool(tx, name);
      if (users !== undefined) {
        throw poolRefused(`node pool ${goQuote(name)} has ${users} in regions: [${this.#options.region}]`);
      }
    });
  }
}

const poolRefused = (reason: string) => apiError('NODE_POOL_REFUSED', reason);
