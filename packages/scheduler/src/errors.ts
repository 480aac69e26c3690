import { formatGoDuration, goQuote, msToNanoseconds, SteppeError } from '@steppe/domain';

/** Error codes of this package. */
export type SchedulerErrorDetail =
  /** The settings of the worker pool are out of range or name an unknown scheduler. */
  | { readonly code: 'SCHEDULER_CONFIG_INVALID'; readonly key: 'num_schedulers' | 'enabled_schedulers' }
  /** The state of this server has not come to an index in time. */
  | { readonly code: 'STATE_BEHIND'; readonly index: number }
  /** A plan is for a job that the leader does not know. */
  | { readonly code: 'PLAN_JOB_NOT_FOUND'; readonly namespace: string; readonly jobId: string }
  /** A worker and the leader are of versions that do not schedule alike. */
  | { readonly code: 'SCHEDULER_VERSION_MISMATCH'; readonly caller: number; readonly leader: number }
  /** Part of a plan was refused without a word on which state to look at next. */
  | { readonly code: 'REFRESH_MISSING' }
  | { readonly code: PlainCode };

const TEXTS = {
  /** This server does not lead, or scheduling is paused. */
  BROKER_DISABLED: 'eval broker disabled',
  /** An evaluation is not with a worker. */
  EVAL_NOT_FOUND: 'Evaluation ID not found',
  EVAL_NOT_OUTSTANDING: 'evaluation is not outstanding',
  /** It is with another worker by now. */
  EVAL_TOKEN_MISMATCH: 'evaluation token does not match',
  PLAN_QUEUE_DISABLED: 'plan queue is disabled',
  /** The server lost the lead while a plan waited. */
  PLAN_QUEUE_FLUSHED: 'plan queue flushed',
  /** Somebody asks for evaluations of no type. */
  DEQUEUE_WITHOUT_TYPE: 'dequeue requires at least one scheduler type',
  /** There is nothing that workers could schedule by. */
  NO_SCHEDULING_LINK: 'this server has no state to schedule on',
} as const;
type PlainCode = keyof typeof TEXTS;

export type SchedulerError = SteppeError<SchedulerErrorDetail>;

export function schedulerError(code: PlainCode, message: string = TEXTS[code]): SchedulerError {
  return new SteppeError({ code }, message);
}

export function configInvalid(key: 'num_schedulers' | 'enabled_schedulers', message: string): SchedulerError {
  return new SteppeError({ code: 'SCHEDULER_CONFIG_INVALID', key }, message);
}

/** @param timeoutMs - whole seconds are shown as such */
export function stateBehind(index: number, timeoutMs: number): SchedulerError {
  const shown = formatGoDuration(msToNanoseconds(timeoutMs));
  return new SteppeError({ code: 'STATE_BEHIND', index }, `timed out after ${shown} waiting for index=${index}`);
}

export function planJobNotFound(namespace: string, jobId: string): SchedulerError {
  const message = `job ${goQuote(jobId)} in namespace ${goQuote(namespace)} not found`;
  return new SteppeError({ code: 'PLAN_JOB_NOT_FOUND', namespace, jobId }, message);
}

export function versionMismatch(caller: number, leader: number): SchedulerError {
  return new SteppeError(
    { code: 'SCHEDULER_VERSION_MISMATCH', caller, leader },
    `dequeue disallowed: calling scheduler version is ${caller}; leader version is ${leader}`,
  );
}

export function refreshMissing(): SchedulerError {
  return new SteppeError({ code: 'REFRESH_MISSING' }, 'missing state refresh after partial commit');
}
