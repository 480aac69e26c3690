import type { Allocation } from '@steppe/domain';
import { ALLOCATION_WIRE } from '@steppe/domain';

/** An allocation of the service job `web` that runs on `node-0` with 500 MHz and 256 MB, with the given changes. */
export const allocationOf = (
  id: string,
  { cpuShares = 500, ...changes }: Partial<Allocation> & { readonly cpuShares?: number } = {},
): Allocation => ({
  ...ALLOCATION_WIRE.empty,
  id,
  name: `web.front[${id}]`,
  namespace: 'default',
  nodeId: 'node-0',
  jobId: 'web',
  jobType: 'service',
  jobModifyIndex: 1,
  taskGroup: 'front',
  desiredStatus: 'run',
  clientStatus: 'running',
  allocatedResources: {
    tasks: { main: { cpu: { cpuShares }, memory: { memoryMb: 256, memoryMaxMb: 0 } } },
    shared: { diskMb: 300, networks: [], ports: [] },
  },
  ...changes,
});
