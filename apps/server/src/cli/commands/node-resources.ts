import { formatBytes, MIB } from '../format/bytes.js';
import { formatColumns } from '../format/columns.js';
import { section } from '../format/section.js';
import type { AllocUsageWire } from './alloc-usage.js';
import { used } from './alloc-usage.js';
import type { AllocWire } from './alloc-wire.js';
import type { NodeWire, ResourcesWire } from './node-wire.js';

interface Work {
  /** The allocations that run on the node. */
  readonly running: readonly Pick<AllocWire, 'Resources'>[];
  /** What those of them use that could be asked. */
  readonly uses: readonly AllocUsageWire[];
}

/** What the allocations of a node have, and what they use, of all that the node has for them; in sections. */
export function nodeResources(node: NodeWire, { running, uses }: Work): string {
  const free = (of: (resources: ResourcesWire | null) => number | undefined): number =>
    (of(node.NodeResources) ?? 0) - (of(node.ReservedResources) ?? 0);
  const cpu = free((resources) => resources?.Cpu?.CpuShares);
  const memory = free((resources) => resources?.Memory?.MemoryMB) * MIB;
  const disk = free((resources) => resources?.Disk?.DiskMB) * MIB;
  const given = {
    cpu: sum(running.map(({ Resources }) => Resources?.CPU)),
    memory: sum(running.map(({ Resources }) => Resources?.MemoryMB)) * MIB,
    disk: sum(running.map(({ Resources }) => Resources?.DiskMB)) * MIB,
  };
  const measured = uses.map(({ ResourceUsage }) => used(ResourceUsage));
  const allocated = [mhz(given.cpu, cpu), bytes(given.memory, memory), bytes(given.disk, disk)];
  const utilization = [
    mhz(sum(measured.map(({ ticks }) => ticks)), cpu),
    bytes(sum(measured.map(({ memory: rss }) => rss)), memory),
  ];
  return [
    section('Allocated Resources', formatColumns([['CPU', 'Memory', 'Disk'], allocated])),
    section('Allocation Resource Utilization', formatColumns([['CPU', 'Memory'], utilization])),
  ].join('\n\n');
}

const sum = (amounts: readonly (number | undefined)[]): number =>
  amounts.reduce<number>((total, amount) => total + (amount ?? 0), 0);

const mhz = (amount: number, of: number): string => `${Math.round(amount)}/${of} MHz`;
const bytes = (amount: number, of: number): string => `${formatBytes(amount)}/${formatBytes(of)}`;
