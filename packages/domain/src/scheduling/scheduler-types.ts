/** Job types a scheduler exists for, in Nomad's wire spelling; `_core` is the internal housekeeping scheduler. */
export const SCHEDULER_TYPES = ['service', 'batch', 'system', 'sysbatch', '_core'] as const;

export type SchedulerType = (typeof SCHEDULER_TYPES)[number];

export function isSchedulerType(name: string): name is SchedulerType {
  return (SCHEDULER_TYPES as readonly string[]).includes(name);
}
