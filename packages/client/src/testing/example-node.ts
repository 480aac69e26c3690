import type { NodeRegistration } from '@steppe/domain';

export const EXAMPLE_NODE: NodeRegistration = {
  id: 'c1c1c1c1-0000-4000-8000-000000000001',
  datacenter: 'dc1',
  name: 'n1',
  nodeClass: 'big',
  nodePool: 'default',
  httpAddress: '10.0.0.1:4646',
  tlsEnabled: false,
  attributes: { 'cpu.arch': 'amd64' },
  meta: { rack: 'r7' },
  drivers: {},
  resources: {
    cpuShares: 1_000,
    totalCores: 1,
    memoryMb: 1_000,
    diskMb: 1_000,
    networks: [],
    minDynamicPort: 20_000,
    maxDynamicPort: 32_000,
  },
  reserved: { cpuShares: 0, memoryMb: 0, diskMb: 0, ports: '' },
};
