import type { Allocation, AllocationStop, Plan } from '@steppe/domain';

export interface PlanParts extends Partial<Plan> {
  /** Allocations to be there. */
  readonly place?: readonly Allocation[];
  /** Allocations to be stopped. */
  readonly stop?: readonly (Allocation & { readonly as?: AllocationStop['clientStatus'] })[];
}

/** A plan for the job `web` by the evaluation `e1`. */
export function planOf({ place = [], stop = [], ...changes }: PlanParts = {}): Plan {
  const byNode = <T extends Allocation>(items: readonly T[]): Record<string, T[]> => {
    const result: Record<string, T[]> = {};
    for (const item of items) (result[item.nodeId] ??= []).push(item);
    return result;
  };
  return {
    evalId: 'e1',
    evalToken: 'token',
    priority: 50,
    snapshotIndex: 0,
    allAtOnce: false,
    job: { namespace: 'default', id: 'web' },
    nodeAllocation: byNode(place),
    nodeUpdate: Object.fromEntries(
      Object.entries(byNode(stop)).map(([nodeId, stops]) => [
        nodeId,
        stops.map(({ id, as }) => ({
          allocationId: id,
          desiredDescription: 'stopped',
          ...(as === undefined ? {} : { clientStatus: as }),
        })),
      ]),
    ),
    ...changes,
  };
}
