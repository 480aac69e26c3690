import type { Node } from '@steppe/domain';
import { defineTable } from '../table/table.js';

/** By which a node proves that it is the one that registered first under its id. */
export interface NodeSecret {
  readonly nodeId: string;
  /** See `secretDigest`: the secret itself is not kept. */
  readonly digest: string;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

export const NODE_SECRETS = defineTable<NodeSecret>({
  name: 'node_secrets',
  key: ({ nodeId }) => nodeId,
  indexes: { secret: { values: ({ digest }) => digest } },
});

/** Registered client nodes, by id. */
export const NODES = defineTable<Node>({
  name: 'nodes',
  key: ({ id }) => id,
  indexes: {
    status: { values: ({ status }) => status },
    draining: { values: ({ drain }) => (drain === undefined ? undefined : 'true') },
  },
});
