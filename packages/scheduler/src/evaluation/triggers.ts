import type { EvaluationTrigger } from '@steppe/domain';

const SYSTEM: readonly EvaluationTrigger[] = [
  'job-register',
  'node-update',
  'failed-follow-up',
  'job-deregister',
  'rolling-update',
  'preemption',
  'deployment-watcher',
  'node-drain',
  'alloc-stop',
  'queued-allocs',
  'job-scaling',
  'reconnect',
];
/** Differs from Nomad: our disconnect windows hold for system jobs as well, and their end is noticed by an evaluation. */
const WINDOWS: readonly EvaluationTrigger[] = ['max-disconnect-timeout'];
const GENERIC: readonly EvaluationTrigger[] = [
  ...SYSTEM,
  ...WINDOWS,
  'periodic-job',
  'alloc-failure',
  'alloc-reschedule',
  'max-plan-attempts',
];

const ACCEPTED: Readonly<Record<string, readonly string[]>> = {
  service: GENERIC,
  batch: GENERIC,
  system: [...SYSTEM, ...WINDOWS],
  sysbatch: [...SYSTEM, ...WINDOWS, 'periodic-job'],
};

/** Why a scheduler cannot do an evaluation; `undefined` when it can. @see spec "Triggers" of scheduling */
export function triggerProblem(schedulerType: string, triggeredBy: string): string | undefined {
  return ACCEPTED[schedulerType]?.includes(triggeredBy) === true
    ? undefined
    : `scheduler cannot handle '${triggeredBy}' evaluation reason`;
}
