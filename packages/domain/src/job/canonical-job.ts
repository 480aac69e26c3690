import type { Job } from './job.js';
import type { ReschedulePolicy, RestartPolicy } from './policies.js';
import { EPHEMERAL_DISK_WIRE } from './resources.js';
import { MIGRATE_STRATEGY_WIRE, UPDATE_STRATEGY_WIRE } from './policies.js';
import { TASK_RESOURCES_WIRE } from './resources.js';
import type { Task } from './task.js';
import type { TaskGroup } from './task-group.js';

export interface JobDefaults {
  /** `server.job_default_priority`. */
  readonly priority: number;
  readonly region: string;
}

const HOUR_MS = 3_600_000;
const isBatch = (type: string): boolean => type === 'batch' || type === 'sysbatch';
const isSystem = (type: string): boolean => type === 'system' || type === 'sysbatch';

/** A job with everything filled in that its owner left out. @see spec "Jobs" and "Rescheduling failed allocs" */
export function canonicalJob(job: Job, defaults: JobDefaults): Job {
  const type = job.type === '' ? 'service' : job.type;
  const update = isBatch(type) ? undefined : job.update;
  const partial = { ...job, type, ...(update === undefined ? {} : { update }) };
  return {
    ...partial,
    region: job.region === '' ? defaults.region : job.region,
    namespace: job.namespace === '' ? 'default' : job.namespace,
    name: job.name === '' ? job.id : job.name,
    priority: job.priority === 0 ? defaults.priority : job.priority,
    datacenters: job.datacenters.length === 0 ? ['*'] : job.datacenters,
    nodePool: job.nodePool === '' ? 'default' : job.nodePool,
    taskGroups: job.taskGroups.map((group) => canonicalGroup(group, partial)),
  };
}

function canonicalGroup(group: TaskGroup, job: Job): TaskGroup {
  const { type } = job;
  const restartPolicy = completeRestartPolicy(group.restartPolicy, defaultRestartPolicy(type));
  const reschedulePolicy = group.reschedulePolicy ?? job.reschedulePolicy ?? defaultReschedulePolicy(type);
  const migrate = type === 'service' ? (group.migrate ?? job.migrate ?? MIGRATE_STRATEGY_WIRE.empty) : undefined;
  const update = isBatch(type) ? undefined : (group.update ?? job.update ?? UPDATE_STRATEGY_WIRE.empty);
  return {
    ...group,
    count: group.count ?? 1,
    restartPolicy,
    reschedulePolicy,
    migrate,
    update,
    ephemeralDisk: group.ephemeralDisk ?? EPHEMERAL_DISK_WIRE.empty,
    networks: group.networks.map((network) => ({ ...network, mode: network.mode === '' ? 'host' : network.mode })),
    tasks: group.tasks.map((task) => canonicalTask(task, restartPolicy)),
  };
}

function canonicalTask(task: Task, restartPolicy: RestartPolicy): Task {
  const resources = task.resources ?? TASK_RESOURCES_WIRE.empty;
  return {
    ...task,
    restartPolicy: completeRestartPolicy(task.restartPolicy, restartPolicy),
    resources: {
      ...resources,
      cpu: resources.cpu === 0 ? 100 : resources.cpu,
      memoryMb: resources.memoryMb === 0 ? 300 : resources.memoryMb,
    },
    logConfig: task.logConfig ?? { maxFiles: 10, maxFileSizeMb: 10, disabled: false },
  };
}

/** One that says only how often has the rest from the defaults. */
function completeRestartPolicy(given: RestartPolicy | undefined, defaults: RestartPolicy): RestartPolicy {
  if (given === undefined) return defaults;
  return { ...given, mode: given.mode || defaults.mode, intervalMs: given.intervalMs || defaults.intervalMs };
}

function defaultRestartPolicy(type: string): RestartPolicy {
  const common = { delayMs: 15_000, mode: 'fail', renderTemplates: false };
  return isBatch(type)
    ? { ...common, attempts: 3, intervalMs: 24 * HOUR_MS }
    : { ...common, attempts: 2, intervalMs: HOUR_MS / 2 };
}

/** `undefined`: failed allocations are not replaced. */
function defaultReschedulePolicy(type: string): ReschedulePolicy | undefined {
  if (isSystem(type)) return undefined;
  return type === 'batch'
    ? {
        attempts: 1,
        intervalMs: 24 * HOUR_MS,
        delayMs: 5_000,
        delayFunction: 'constant',
        maxDelayMs: 0,
        unlimited: false,
      }
    : {
        attempts: 0,
        intervalMs: 0,
        delayMs: 30_000,
        delayFunction: 'exponential',
        maxDelayMs: HOUR_MS,
        unlimited: true,
      };
}
