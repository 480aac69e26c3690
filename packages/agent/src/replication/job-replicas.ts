import { BUILT_IN_NODE_POOLS, DEFAULT_NAMESPACE, encodeJson, NAMESPACE_WIRE, NODE_POOL_WIRE } from '@steppe/domain';
import { NAMESPACES, NODE_POOLS } from '@steppe/state';
import { jobThatUses } from '../jobs/namespaces.js';
import { usersOfPool } from '../jobs/node-pools.js';
import type { Replica } from './replica.js';
import { TableReplica } from './replica.js';

/** They have no hashes of their own: what is in them is compared. Each region counts writes for itself. */
const contentOf = (wire: object): string => encodeJson({ ...wire, CreateIndex: 0, ModifyIndex: 0 });

/** What jobs are in, and what nodes are. */
export const JOB_REPLICAS: readonly Replica[] = [
  new TableReplica({
    what: 'namespaces',
    table: NAMESPACES,
    listPath: '/v1/namespaces',
    decode: (value) => NAMESPACE_WIRE.decode(value, 'Namespace'),
    fetchPath: undefined,
    hashOf: (namespace) => contentOf(NAMESPACE_WIRE.encode(namespace)),
    isShared: () => true,
    isUsed: (reader, name) => name === DEFAULT_NAMESPACE || jobThatUses(reader, name) !== undefined,
  }),
  new TableReplica({
    what: 'node pools',
    table: NODE_POOLS,
    listPath: '/v1/node/pools',
    decode: (value) => NODE_POOL_WIRE.decode(value, 'NodePool'),
    fetchPath: undefined,
    hashOf: (pool) => contentOf(NODE_POOL_WIRE.encode(pool)),
    // The built-in ones are what each version says they are.
    isShared: ({ name }) => !BUILT_IN_NODE_POOLS.includes(name),
    isUsed: (reader, name) => usersOfPool(reader, name) !== undefined,
  }),
];
