import type { Namespace, NodePool, SchedulerConfiguration } from '@steppe/domain';
import { NAMESPACE_WIRE, NODE_POOL_WIRE, SCHEDULER_CONFIGURATION_WIRE } from '@steppe/domain';
import { defineTable } from '../table/table.js';
import { schemaCodec } from '../table/wire-codec.js';

/** One row, by {@link SCHEDULER_CONFIGURATION_KEY}; without it the defaults hold. */
export const SCHEDULER_CONFIGURATION = defineTable<SchedulerConfiguration>({
  name: 'scheduler_configuration',
  key: () => SCHEDULER_CONFIGURATION_KEY,
  codec: schemaCodec(SCHEDULER_CONFIGURATION_WIRE, 'SchedulerConfig'),
});
export const SCHEDULER_CONFIGURATION_KEY = 'scheduler';

/** By name. The default one may have no row. */
export const NAMESPACES = defineTable<Namespace>({
  name: 'namespaces',
  key: ({ name }) => name,
  codec: schemaCodec(NAMESPACE_WIRE, 'Namespace'),
});

/** By name. The built-in ones have no rows. */
export const NODE_POOLS = defineTable<NodePool>({
  name: 'node_pools',
  key: ({ name }) => name,
  codec: schemaCodec(NODE_POOL_WIRE, 'NodePool'),
});
