import type { AllocStubWire } from './alloc-wire.js';

/** `GET /v1/client/allocation/:id/stats`: what an allocation uses, and each of its tasks; a part that is not known is absent. */
export interface AllocUsageWire {
  readonly ResourceUsage?: ResourceUsageWire | null;
  readonly Tasks?: Readonly<Record<string, { readonly ResourceUsage?: ResourceUsageWire | null }>> | null;
}

interface ResourceUsageWire {
  readonly CpuStats?: StatsWire | null;
  readonly MemoryStats?: StatsWire | null;
}

/** Numbers by name, and the list of those that are measured. */
export type StatsWire = Readonly<Record<string, number | readonly string[] | null>>;

/** MHz and bytes; `undefined` where there are none, or it is not known. */
export function used(usage: ResourceUsageWire | null | undefined) {
  const { CpuStats, MemoryStats } = usage ?? {};
  return {
    ticks: numberOf(CpuStats, 'TotalTicks'),
    memory: numberOf(MemoryStats, 'RSS') ?? numberOf(MemoryStats, 'Usage'),
  };
}

function numberOf(stats: StatsWire | null | undefined, name: string): number | undefined {
  const value = stats?.[name];
  return typeof value === 'number' && value > 0 ? value : undefined;
}

/** Where it is told what an allocation uses. */
export const usagePath = ({ ID, Namespace }: Pick<AllocStubWire, 'ID' | 'Namespace'>) => ({
  path: `/v1/client/allocation/${ID}/stats`,
  query: { namespace: Namespace },
});
