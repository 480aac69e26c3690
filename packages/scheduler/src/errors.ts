import { SteppeError } from '@steppe/domain';

/** Error codes of this package. */
export type SchedulerErrorDetail =
  /** The settings of the worker pool are out of range or name an unknown scheduler. */
  { readonly code: 'SCHEDULER_CONFIG_INVALID'; readonly key: 'num_schedulers' | 'enabled_schedulers' };

export type SchedulerError = SteppeError<SchedulerErrorDetail>;

export function configInvalid(key: SchedulerErrorDetail['key'], message: string): SchedulerError {
  return new SteppeError({ code: 'SCHEDULER_CONFIG_INVALID', key }, message);
}
