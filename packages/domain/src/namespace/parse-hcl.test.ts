import { describe, expect, test } from '@jest/globals';
import { parseNodePoolHcl } from '../node/parse-node-pool-hcl.js';
import { parseNamespaceHcl } from './parse-namespace-hcl.js';

describe('namespaces', () => {
  test('are read with everything that is supported', () => {
    const namespace = parseNamespaceHcl(`
      name        = "team"
      description = "of the team"
      meta { owner = "ops" }
      capabilities { enabled_task_drivers = ["node"] }
      node_pool_config {
        default = "fast"
        denied  = ["gpu"]
      }
    `);
    expect(namespace).toMatchObject({
      name: 'team',
      description: 'of the team',
      meta: { owner: 'ops' },
      capabilities: { enabledTaskDrivers: ['node'], disabledTaskDrivers: [] },
      nodePoolConfiguration: { default: 'fast', allowed: [], denied: ['gpu'] },
    });
  });

  test.each([
    ['description = "x"', 'At 1:1: the namespace has no name'],
    ['name = "x"\nquota = "q"', 'At 2:1: "quota" of the namespace: quotas are not supported'],
    ['name = "x"\nnmae = "y"', 'At 2:1: unknown key "nmae" in the namespace'],
  ])('%j is refused', (source, problem) => {
    expect(() => parseNamespaceHcl(source)).toThrow(problem);
  });
});

describe('node pools', () => {
  test('are read with their name', () => {
    const pool = parseNodePoolHcl(`
      node_pool "fast" {
        description = "with disks"
        scheduler_config {
          scheduler_algorithm = "spread"
          memory_oversubscription_enabled = false
        }
      }
    `);
    expect(pool).toMatchObject({
      name: 'fast',
      description: 'with disks',
      schedulerConfiguration: { algorithm: 'spread', memoryOversubscription: false },
    });
  });

  test.each([
    ['', "At 1:1: there must be one 'node_pool' block"],
    ['node_pool "a" { }\nnode_pool "b" { }', "At 1:1: there must be one 'node_pool' block"],
    ['node_pool { }', 'must have one label'],
    ['pool "a" { }', 'At 1:1: unknown key "pool" in the file'],
  ])('%j is refused', (source, problem) => {
    expect(() => parseNodePoolHcl(source)).toThrow(problem);
  });
});
