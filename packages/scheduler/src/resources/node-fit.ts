import type { Allocation, Node } from '@steppe/domain';
import { totalsOf } from '@steppe/domain';
import { PortSet } from './port-set.js';

/** What is asked of a node, or what it has. */
export interface Capacity {
  readonly cpuShares: number;
  readonly memoryMb: number;
  readonly diskMb: number;
}

/** What a node has for allocations: all but what it keeps for itself. */
export function capacityOf({ resources, reserved }: Node): Capacity {
  return {
    cpuShares: resources.cpuShares - reserved.cpuShares,
    memoryMb: resources.memoryMb - reserved.memoryMb,
    diskMb: resources.diskMb - reserved.diskMb,
  };
}

/** What allocations have together. */
export function usedBy(allocations: Iterable<Allocation>): Capacity {
  let cpuShares = 0;
  let memoryMb = 0;
  let diskMb = 0;
  for (const { allocatedResources } of allocations) {
    if (allocatedResources === undefined) continue;
    const totals = totalsOf(allocatedResources);
    cpuShares += totals.cpuShares;
    memoryMb += totals.memoryMb;
    diskMb += totals.diskMb;
  }
  return { cpuShares, memoryMb, diskMb };
}

/** The first dimension that does not suffice, in the reference's words; `undefined` when all do. */
export function exhaustedDimension(asked: Capacity, capacity: Capacity): string | undefined {
  if (asked.cpuShares > capacity.cpuShares) return 'cpu';
  if (asked.memoryMb > capacity.memoryMb) return 'memory';
  return asked.diskMb > capacity.diskMb ? 'disk' : undefined;
}

/** Why allocations do not go together on a node; `undefined` when they do. */
export function fitProblem(node: Node, allocations: readonly Allocation[]): string | undefined {
  const ports = PortSet.ofNode(node);
  for (const allocation of allocations) {
    const collision = ports.takeOf(allocation);
    if (collision !== undefined) return `reserved alloc port collision: ${collision}`;
  }
  return exhaustedDimension(usedBy(allocations), capacityOf(node));
}
