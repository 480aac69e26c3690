// A large region that is half full: what placing is measured in.
import type { Allocation, Node } from '@steppe/domain';
import { ALLOCATION_WIRE } from '@steppe/domain';

export const NODES = 5_000;
export const ALLOCATIONS = 10_000;

export function node(id: number): Node {
  return {
    id: `node-${id}`,
    name: `node-${id}`,
    datacenter: `dc${id % 3}`,
    nodeClass: '',
    nodePool: 'default',
    httpAddress: '127.0.0.1:4646',
    tlsEnabled: false,
    attributes: { 'kernel.name': 'linux', rack: `${id % 50}` },
    meta: {},
    drivers: { raw_exec: { attributes: {}, detected: true, healthy: true, healthDescription: '', updateTimeMs: 0 } },
    resources: {
      cpuShares: 8_000,
      totalCores: 4,
      memoryMb: 16_384,
      diskMb: 100_000,
      networks: [{ device: 'lo', ip: '127.0.0.1', cidr: '127.0.0.1/32', mbits: 1_000 }],
      minDynamicPort: 20_000,
      maxDynamicPort: 32_000,
    },
    reserved: { cpuShares: 0, memoryMb: 0, diskMb: 0, ports: '22' },
    status: 'ready',
    statusDescription: '',
    statusUpdatedAt: 0,
    schedulingEligibility: 'eligible',
    computedClass: `v1:${id % 50}`,
    events: [],
    createIndex: 1,
    modifyIndex: 1,
  };
}

export function allocation(id: number): Allocation {
  return {
    ...ALLOCATION_WIRE.empty,
    id: `alloc-${id}`,
    name: `other.front[${id}]`,
    namespace: 'default',
    nodeId: `node-${(id * 7_919) % NODES}`,
    jobId: 'other',
    jobType: 'service',
    jobModifyIndex: 1,
    taskGroup: 'front',
    desiredStatus: 'run',
    clientStatus: 'running',
    allocatedResources: {
      tasks: { main: { cpu: { cpuShares: 500 }, memory: { memoryMb: 256, memoryMaxMb: 0 } } },
      shared: { diskMb: 300, networks: [], ports: [] },
    },
  };
}
