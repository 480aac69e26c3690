import type { Node } from '@steppe/domain';

/** A node that is ready, in datacenter `dc1`, with 4,000 MHz, 8,192 MB, 100 GB and the driver `raw_exec`. */
export const nodeOf = (id: string, changes: Partial<Node> = {}): Node => ({
  id,
  name: id,
  datacenter: 'dc1',
  nodeClass: '',
  nodePool: 'default',
  httpAddress: '127.0.0.1:4646',
  tlsEnabled: false,
  attributes: { 'kernel.name': 'linux' },
  meta: {},
  drivers: {
    raw_exec: { attributes: {}, detected: true, healthy: true, healthDescription: '', updateTimeMs: 0 },
  },
  resources: {
    cpuShares: 4_000,
    totalCores: 4,
    memoryMb: 8_192,
    diskMb: 100_000,
    networks: [{ device: 'lo', ip: '127.0.0.1', cidr: '127.0.0.1/32', mbits: 1_000 }],
    minDynamicPort: 20_000,
    maxDynamicPort: 32_000,
  },
  reserved: { cpuShares: 0, memoryMb: 0, diskMb: 0, ports: '' },
  status: 'ready',
  statusDescription: '',
  statusUpdatedAt: 0,
  schedulingEligibility: 'eligible',
  computedClass: 'v1:linux',
  events: [],
  createIndex: 1,
  modifyIndex: 1,
  ...changes,
});
