import type { SchedulerDeps } from '../generic/generic-scheduler.js';
import { GenericScheduler } from '../generic/generic-scheduler.js';
import { SystemScheduler } from '../system/system-scheduler.js';
import type { SchedulerContribution } from '../worker/scheduler-contribution.js';

/** The types of evaluations that there are schedulers for here; housekeeping has one of its own. */
export const BUILT_IN_SCHEDULERS = ['service', 'batch', 'system', 'sysbatch'] as const;
export type BuiltInScheduler = (typeof BUILT_IN_SCHEDULERS)[number];

/** The scheduler of a type. */
export function builtInScheduler(type: BuiltInScheduler, deps: SchedulerDeps): SchedulerContribution {
  return type === 'service' || type === 'batch'
    ? new GenericScheduler({ type }, deps)
    : new SystemScheduler({ type }, deps);
}
