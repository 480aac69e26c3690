import { parseHcl } from '../hcl/hcl-parser.js';
import { syntaxError } from '../hcl/document.js';
import type { BlockRule } from '../job/hcl/block-reader.js';
import { readBlock } from '../job/hcl/block-reader.js';
import type { NodePool } from './node-pool.js';
import { NODE_POOL_WIRE } from './node-pool.js';

const NODE_POOL_RULE: BlockRule = {
  keys: { description: { json: 'Description', kind: 'text' }, meta: { json: 'Meta', kind: 'textMap' } },
  blocks: {
    scheduler_config: {
      json: 'SchedulerConfiguration',
      block: {
        keys: {
          scheduler_algorithm: { json: 'SchedulerAlgorithm', kind: 'text' },
          memory_oversubscription_enabled: { json: 'MemoryOversubscriptionEnabled', kind: 'flag' },
        },
      },
    },
  },
  unsupported: { node_identity_ttl: 'lifetimes of node identities' },
};
const FILE_RULE: BlockRule = {
  keys: {},
  blocks: { node_pool: { json: 'Pools', block: NODE_POOL_RULE, label: 'Name', isList: true } },
};

/** Reads a `node_pool "<name>"` block. @throws HCL_SYNTAX with line and column, also unless there is exactly one */
export function parseNodePoolHcl(source: string): NodePool {
  const { Pools = [] } = readBlock(parseHcl(source), FILE_RULE, 'the file');
  const [pool, second] = Pools as readonly unknown[];
  if (pool === undefined || second !== undefined) {
    throw syntaxError({ line: 1, column: 1 }, "there must be one 'node_pool' block");
  }
  return NODE_POOL_WIRE.decode(pool, 'NodePool');
}
