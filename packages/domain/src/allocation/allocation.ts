import type { WireOf } from '../wire/wire-schema.js';
import { duration, flag, integer, list, map, object, text, unixTime, wireSchema } from '../wire/wire-schema.js';
import { ALLOC_METRIC_WIRE } from './alloc-metric.js';
import { ALLOCATED_RESOURCES_WIRE } from './allocated-resources.js';
import { TASK_STATE_WIRE } from './task-state.js';

export type DesiredStatus = 'run' | 'stop' | 'evict';
export type ClientStatus = 'pending' | 'running' | 'complete' | 'failed' | 'lost' | 'unknown';

const RESCHEDULE_EVENT_WIRE = wireSchema({
  rescheduleTimeMs: unixTime('RescheduleTime'),
  previousAllocId: text('PrevAllocID'),
  previousNodeId: text('PrevNodeID'),
  delayMs: duration('Delay'),
});
export type RescheduleEvent = WireOf<typeof RESCHEDULE_EVENT_WIRE>;

/** The replacements that led to an allocation. */
const RESCHEDULE_TRACKER_WIRE = wireSchema({
  events: list('Events', RESCHEDULE_EVENT_WIRE),
  /** `ok` or `no placement`. */
  lastReschedule: text('LastReschedule'),
});
export type RescheduleTracker = WireOf<typeof RESCHEDULE_TRACKER_WIRE>;

/** What is to become of an allocation, as somebody else than its scheduler wants it. */
const DESIRED_TRANSITION_WIRE = wireSchema({
  migrate: flag('Migrate'),
  reschedule: flag('Reschedule'),
  forceReschedule: flag('ForceReschedule'),
  noShutdownDelay: flag('NoShutdownDelay'),
});
export type DesiredTransition = WireOf<typeof DESIRED_TRANSITION_WIRE>;

/** A change of the client status, kept for disconnected nodes. */
const ALLOC_STATE_WIRE = wireSchema({ field: text('Field'), value: text('Value'), timeMs: unixTime('Time') });

const FIELDS = {
  id: text('ID'),
  evalId: text('EvalID'),
  /** `<job>.<group>[<index>]`. */
  name: text('Name'),
  namespace: text('Namespace'),
  nodeId: text('NodeID'),
  nodeName: text('NodeName'),
  jobId: text('JobID'),
  jobType: text('JobType'),
  jobVersion: integer('JobVersion'),
  taskGroup: text('TaskGroup'),
  /** {@link DesiredStatus}. */
  desiredStatus: text('DesiredStatus'),
  desiredDescription: text('DesiredDescription'),
  desiredTransition: object('DesiredTransition', DESIRED_TRANSITION_WIRE, { sparse: true }),
  /** {@link ClientStatus}. */
  clientStatus: text('ClientStatus'),
  clientDescription: text('ClientDescription'),
  taskStates: map('TaskStates', TASK_STATE_WIRE),
  allocStates: list('AllocStates', ALLOC_STATE_WIRE),
  /** The one it replaces. */
  previousAllocation: text('PreviousAllocation'),
  /** The one that replaces it. */
  nextAllocation: text('NextAllocation'),
  followupEvalId: text('FollowupEvalID'),
  rescheduleTracker: object('RescheduleTracker', RESCHEDULE_TRACKER_WIRE),
  allocatedResources: object('AllocatedResources', ALLOCATED_RESOURCES_WIRE),
  metrics: object('Metrics', ALLOC_METRIC_WIRE, { sparse: true }),
  deploymentId: text('DeploymentID'),
  createTimeMs: unixTime('CreateTime'),
  modifyTimeMs: unixTime('ModifyTime'),
  /** Index of the last change by a server; those of the node do not count. */
  allocModifyIndex: integer('AllocModifyIndex'),
  createIndex: integer('CreateIndex'),
  modifyIndex: integer('ModifyIndex'),
};

/**
 * A task group of one version of a job, placed on a node. Servers own what is desired, the node what is the case. The JSON
 * leaves zero values out.
 */
export const ALLOCATION_WIRE = wireSchema(FIELDS);

/** An allocation as it is kept: the version of its job by that version's own index, which no later job of the name has. */
export const STORED_ALLOCATION_WIRE = wireSchema({ ...FIELDS, jobModifyIndex: integer('JobModifyIndex') });
export type Allocation = WireOf<typeof STORED_ALLOCATION_WIRE>;

type Statuses = Pick<Allocation, 'desiredStatus' | 'clientStatus'>;

/** Whether servers have told it to end. */
export const isServerTerminal = ({ desiredStatus }: Pick<Allocation, 'desiredStatus'>): boolean =>
  desiredStatus === 'stop' || desiredStatus === 'evict';

/** Whether it has ended on its node, or that is out of the question. */
export const isClientTerminal = ({ clientStatus }: Pick<Allocation, 'clientStatus'>): boolean =>
  clientStatus === 'complete' || clientStatus === 'failed' || clientStatus === 'lost';

export const isTerminalAllocation = (allocation: Statuses): boolean =>
  isServerTerminal(allocation) || isClientTerminal(allocation);

/** `<job>.<group>[<index>]`. */
export const allocationName = (jobId: string, group: string, index: number): string => `${jobId}.${group}[${index}]`;

/** The index in an allocation's name; -1 for a name that has none. */
export function allocationIndex({ name }: Pick<Allocation, 'name'>): number {
  const digits = /\[(\d+)\]$/.exec(name)?.[1];
  return digits === undefined ? -1 : Number(digits);
}
