import { isTerminalAllocation } from '@steppe/domain';
import type { Job } from '@steppe/domain';
import { DESCRIPTIONS } from './descriptions.js';
import { isLostWhileStopping } from './disconnect.js';
import { grouped } from './grouped.js';
import { reconcileGroup } from './reconcile-group.js';
import type { MutableReconciliation, ReconcileInput, Reconciliation } from './reconciliation.js';
import { endOf } from './reconciliation.js';

/**
 * Compares what a service or batch job asks for with what is there.
 * @see spec "Reconcile (service, batch)" of scheduling
 */
export function reconcile(input: ReconcileInput): Reconciliation {
  const { job, allocations, node } = input;
  const result: MutableReconciliation = { stops: [], inPlace: [], notes: [], wanted: [] };
  for (const allocation of allocations) {
    if (!isLostWhileStopping(allocation, node(allocation.nodeId))) continue;
    result.stops.push({ allocation, stop: { desiredDescription: DESCRIPTIONS.lost, clientStatus: 'lost' } });
  }
  const groups = job === undefined || job.stop ? [] : job.taskGroups;
  const byGroup = grouped(allocations, ({ taskGroup }) => taskGroup);
  for (const [name, own] of byGroup) {
    if (groups.some((group) => group.name === name)) continue;
    for (const allocation of own) {
      if (!isTerminalAllocation(allocation)) result.stops.push({ allocation, stop: endOf(allocation, node) });
    }
  }
  for (const group of groups) {
    reconcileGroup({ ...input, job: job as Job, group, allocations: byGroup.get(group.name) ?? [] }, result);
  }
  return result;
}
