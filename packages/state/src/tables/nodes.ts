import type { Node } from '@steppe/domain';
import { defineTable } from '../table/table.js';

/** Registered client nodes, by id. */
export const NODES = defineTable<Node>({
  name: 'nodes',
  key: ({ id }) => id,
  indexes: { status: { values: ({ status }) => status } },
});
