import type { NodeRegistration } from '@steppe/domain';

/** A node that can be registered, and that nobody runs. */
export const madeUpNode = (id: string, settings: Partial<NodeRegistration> = {}): NodeRegistration => ({
  id,
  datacenter: 'dc1',
  name: 'made-up',
  nodeClass: '',
  nodePool: 'default',
  httpAddress: '127.0.0.1:4646',
  tlsEnabled: false,
  attributes: { 'nomad.version': '2.0.6' },
  meta: {},
  drivers: {},
  resources: {
    cpuShares: 0,
    totalCores: 0,
    memoryMb: 0,
    diskMb: 0,
    networks: [],
    minDynamicPort: 0,
    maxDynamicPort: 0,
  },
  reserved: { cpuShares: 0, memoryMb: 0, diskMb: 0, ports: '' },
  ...settings,
});
