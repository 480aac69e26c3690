import { formatBytes } from '../format/bytes.js';
import { formatColumns, formatKeyValues } from '../format/columns.js';
import { section } from '../format/section.js';

/** `GET /v1/client/stats`: what the machine of a node is doing; a part that is not known is absent. */
export interface NodeUsageWire {
  readonly CPUTicksConsumed?: number;
  readonly Memory?: MemoryWire | null;
  readonly CPU?: readonly CpuWire[] | null;
  readonly DiskStats?: readonly DiskWire[] | null;
  /** The disk that allocations are on. */
  readonly AllocDirStats?: DiskWire | null;
}

interface MemoryWire {
  readonly Total: number;
  readonly Available: number;
  readonly Used: number;
  readonly Free: number;
}

interface CpuWire {
  readonly CPU: string;
  readonly User: number;
  readonly System: number;
  readonly Idle: number;
}

interface DiskWire {
  readonly Device: string;
  readonly Mountpoint: string;
  readonly Size: number;
  readonly Used: number;
  readonly Available: number;
  readonly UsedPercent: number;
  readonly InodesUsedPercent: number;
}

interface Shown {
  /** MHz that the node has. */
  readonly cpuShares: number;
  /** Whether each processor and disk is shown. */
  readonly withStats: boolean;
}

/** What a node's machine is doing, in sections. */
export function nodeUsage(usage: NodeUsageWire, { cpuShares, withStats }: Shown): string {
  const { AllocDirStats: disk, CPUTicksConsumed = 0, Memory: memory } = usage;
  const utilization = formatColumns([
    ['CPU', 'Memory', 'Disk'],
    [
      `${Math.round(CPUTicksConsumed)}/${cpuShares} MHz`,
      memory ? `${formatBytes(memory.Used)}/${formatBytes(memory.Total)}` : '',
      disk ? `${formatBytes(disk.Used)}/${formatBytes(disk.Size)}` : '',
    ],
  ]);
  const parts = [section('Host Resource Utilization', utilization)];
  if (withStats) {
    parts.push(section('CPU Stats', (usage.CPU ?? []).map(cpuText).join('\n\n')));
    if (memory) parts.push(section('Memory Stats', memoryText(memory)));
    parts.push(section('Disk Stats', (usage.DiskStats ?? []).map(diskText).join('\n\n')));
  }
  return parts.join('\n\n');
}

const cpuText = ({ CPU, User, System, Idle }: CpuWire): string =>
  formatKeyValues([
    ['CPU', CPU],
    ['User', percentText(User)],
    ['System', percentText(System)],
    ['Idle', percentText(Idle)],
  ]);

const memoryText = ({ Total, Available, Used, Free }: MemoryWire): string =>
  formatKeyValues([
    ['Total', formatBytes(Total)],
    ['Available', formatBytes(Available)],
    ['Used', formatBytes(Used)],
    ['Free', formatBytes(Free)],
  ]);

const diskText = ({ Device, Mountpoint, Size, Used, Available, UsedPercent, InodesUsedPercent }: DiskWire): string =>
  formatKeyValues([
    ['Device', Device],
    ['MountPoint', Mountpoint],
    ['Size', formatBytes(Size)],
    ['Used', formatBytes(Used)],
    ['Available', formatBytes(Available)],
    ['Used Percent', percentText(UsedPercent)],
    ['Inodes Percent', percentText(InodesUsedPercent)],
  ]);

const percentText = (percent: number): string => `${percent.toFixed(2)}%`;
