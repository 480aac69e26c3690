import { SteppeError } from '@steppe/domain';

/** Error codes of this package. */
export type SchedulerErrorDetail =
  /** The settings of the worker pool are out of range or name an unknown scheduler. */
  | { readonly code: 'SCHEDULER_CONFIG_INVALID'; readonly key: 'num_schedulers' | 'enabled_schedulers' }
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
} as const;
type PlainCode = keyof typeof TEXTS;

export type SchedulerError = SteppeError<SchedulerErrorDetail>;

export function schedulerError(code: PlainCode, message: string = TEXTS[code]): SchedulerError {
  return new SteppeError({ code }, message);
}

export function configInvalid(key: 'num_schedulers' | 'enabled_schedulers', message: string): SchedulerError {
  return new SteppeError({ code: 'SCHEDULER_CONFIG_INVALID', key }, message);
}
