import type { AllocatedResources, Allocation } from '@steppe/domain';
import { ALLOCATION_WIRE, JOB_WIRE, totalsOf } from '@steppe/domain';
import type { StateReader } from '@steppe/state';
import { jobVersion } from '../../scheduling/job-rows.js';

/** In the order in which replies have them. */
const STUB_FIELDS: readonly string[] = [
  'ID',
  'EvalID',
  'Name',
  'Namespace',
  'NodeID',
  'NodeName',
  'JobID',
  'JobType',
  'JobVersion',
  'TaskGroup',
  'DesiredStatus',
  'DesiredDescription',
  'DesiredTransition',
  'ClientStatus',
  'ClientDescription',
  'TaskStates',
  'FollowupEvalID',
  'NextAllocation',
  'RescheduleTracker',
  'CreateIndex',
  'ModifyIndex',
  'CreateTime',
  'ModifyTime',
  'AllocatedResources',
  // There are neither deployments nor preemption.
  'DeploymentStatus',
  'PreemptedAllocations',
  'PreemptedByAllocation',
].toSorted();

export interface StubOptions {
  readonly taskStates: boolean;
  readonly resources: boolean;
}

/** One row of a list of allocations. */
export function encodeAllocationStub(allocation: Allocation, { taskStates, resources }: StubOptions) {
  const wire = ALLOCATION_WIRE.encode(allocation);
  wire['DesiredTransition'] ??= {};
  wire['PreemptedByAllocation'] = '';
  if (!taskStates) wire['TaskStates'] = null;
  const stub: Record<string, unknown> = {};
  for (const name of STUB_FIELDS) if (resources || name !== 'AllocatedResources') stub[name] = wire[name] ?? null;
  return stub;
}

/** `GET /v1/allocation/:id`: with its version of the job, while that is kept. */
export function fullAllocation(reader: StateReader, allocation: Allocation) {
  const { namespace, jobId, jobModifyIndex, allocatedResources } = allocation;
  const job = jobVersion(reader, { namespace, id: jobId }, jobModifyIndex);
  return {
    ...ALLOCATION_WIRE.encodeSparse(allocation),
    ...(job === undefined ? {} : { Job: JOB_WIRE.encode(job) }),
    ...(allocatedResources === undefined ? {} : oldResources(allocatedResources)),
  };
}

/** The same resources in the two shapes that older clients read. */
function oldResources(resources: AllocatedResources) {
  const { cpuShares, memoryMb, diskMb } = totalsOf(resources);
  const { tasks, shared } = resources;
  return {
    Resources: {
      CPU: cpuShares,
      MemoryMB: memoryMb,
      DiskMB: diskMb,
      Networks: networksOf(shared),
    },
    TaskResources: Object.fromEntries(
      Object.entries(tasks).map(([name, { cpu, memory }]) => [
        name,
        {
          CPU: cpu?.cpuShares ?? 0,
          MemoryMB: memory?.memoryMb ?? 0,
          MemoryMaxMB: memory?.memoryMaxMb ?? 0,
          DiskMB: 0,
          Networks: null,
        },
      ]),
    ),
  };
}

function networksOf(shared: AllocatedResources['shared']): unknown {
  if (shared === undefined || shared.networks.length === 0) return null;
  return shared.networks.map(({ mode, device, ip, mbits, reservedPorts, dynamicPorts }) => ({
    Mode: mode,
    Device: device,
    IP: ip,
    MBits: mbits,
    ReservedPorts: portsOf(reservedPorts),
    DynamicPorts: portsOf(dynamicPorts),
  }));
}

const portsOf = (ports: readonly { readonly label: string; readonly value: number; readonly to: number }[]): unknown =>
  ports.length === 0 ? null : ports.map(({ label, value, to }) => ({ Label: label, Value: value, To: to }));
