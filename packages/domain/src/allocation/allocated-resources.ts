import type { WireOf } from '../wire/wire-schema.js';
import { integer, list, map, object, text, wireSchema } from '../wire/wire-schema.js';
import { NETWORK_WIRE } from '../job/resources.js';

const TASK_WIRE = wireSchema({
  cpu: object('Cpu', wireSchema({ cpuShares: integer('CpuShares') })),
  memory: object('Memory', wireSchema({ memoryMb: integer('MemoryMB'), memoryMaxMb: integer('MemoryMaxMB') })),
});

/** A port as it was given out. */
const PORT_WIRE = wireSchema({
  label: text('Label'),
  value: integer('Value'),
  to: integer('To'),
  hostIp: text('HostIP'),
});
export type AllocatedPort = WireOf<typeof PORT_WIRE>;

/** What an allocation has of its node. */
export const ALLOCATED_RESOURCES_WIRE = wireSchema({
  tasks: map('Tasks', TASK_WIRE),
  shared: object(
    'Shared',
    wireSchema({
      diskMb: integer('DiskMB'),
      networks: list('Networks', NETWORK_WIRE),
      ports: list('Ports', PORT_WIRE),
    }),
  ),
});
export type AllocatedResources = WireOf<typeof ALLOCATED_RESOURCES_WIRE>;

/** Sums over the tasks, and what they share. */
export interface ResourceTotals {
  readonly cpuShares: number;
  readonly memoryMb: number;
  readonly diskMb: number;
  readonly ports: readonly AllocatedPort[];
}

export function totalsOf({ tasks, shared }: AllocatedResources): ResourceTotals {
  let cpuShares = 0;
  let memoryMb = 0;
  for (const { cpu, memory } of Object.values(tasks)) {
    cpuShares += cpu?.cpuShares ?? 0;
    memoryMb += memory?.memoryMb ?? 0;
  }
  return { cpuShares, memoryMb, diskMb: shared?.diskMb ?? 0, ports: shared?.ports ?? [] };
}
