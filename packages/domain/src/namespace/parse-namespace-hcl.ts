import { parseHcl } from '../hcl/hcl-parser.js';
import { syntaxError } from '../hcl/document.js';
import type { BlockRule } from '../job/hcl/block-reader.js';
import { readBlock } from '../job/hcl/block-reader.js';
import type { Namespace } from './namespace.js';
import { NAMESPACE_WIRE } from './namespace.js';

const NAMESPACE_RULE: BlockRule = {
  keys: {
    name: { json: 'Name', kind: 'text' },
    description: { json: 'Description', kind: 'text' },
    meta: { json: 'Meta', kind: 'textMap' },
  },
  blocks: {
    capabilities: {
      json: 'Capabilities',
      block: {
        keys: {
          enabled_task_drivers: { json: 'EnabledTaskDrivers', kind: 'textList' },
          disabled_task_drivers: { json: 'DisabledTaskDrivers', kind: 'textList' },
          enabled_network_modes: { json: 'EnabledNetworkModes', kind: 'textList' },
          disabled_network_modes: { json: 'DisabledNetworkModes', kind: 'textList' },
        },
      },
    },
    node_pool_config: {
      json: 'NodePoolConfiguration',
      block: {
        keys: {
          default: { json: 'Default', kind: 'text' },
          allowed: { json: 'Allowed', kind: 'textList' },
          denied: { json: 'Denied', kind: 'textList' },
        },
      },
    },
  },
  unsupported: { quota: 'quotas', vault: 'Vault settings', consul: 'Consul settings' },
};

/** Reads a namespace from its HCL form. @throws HCL_SYNTAX with line and column, also for one without a name */
export function parseNamespaceHcl(source: string): Namespace {
  const block = readBlock(parseHcl(source), NAMESPACE_RULE, 'the namespace');
  if (block['Name'] === undefined) throw syntaxError({ line: 1, column: 1 }, 'the namespace has no name');
  return NAMESPACE_WIRE.decode(block, 'Namespace');
}
