import type { Allocation, Job, TaskGroup } from '@steppe/domain';
import { ALLOCATION_WIRE } from '@steppe/domain';
import type { Placement } from './node-stack.js';

/** An allocation that is to be started. */
export function newAllocation(
  {
    id,
    name,
    evalId,
    group,
    found: { node, resources, metric },
  }: {
    readonly id: string;
    readonly name: string;
    readonly evalId: string;
    readonly group: TaskGroup;
    readonly found: Placement;
  },
  job: Job,
): Allocation {
  return {
    ...ALLOCATION_WIRE.empty,
    id,
    evalId,
    name,
    namespace: job.namespace,
    nodeId: node.id,
    nodeName: node.name,
    jobId: job.id,
    jobType: job.type,
    jobVersion: job.version,
    jobModifyIndex: job.jobModifyIndex,
    taskGroup: group.name,
    desiredStatus: 'run',
    clientStatus: 'pending',
    allocatedResources: resources,
    metrics: metric,
  };
}
