import type { Clock } from '@steppe/runtime';
import type { TaskDriverOptions } from '../options.js';
import { NodeDriver } from './node-driver.js';
import { RawExecDriver } from './raw-exec-driver.js';
import type { TaskDriver } from './task-driver.js';

/** How each built-in driver is made, by its name. */
export const BUILT_IN_TASK_DRIVERS = {
  raw_exec: ({ rawExecEnabled = false }, clock) => new RawExecDriver({ enabled: rawExecEnabled }, { clock }),
  node: (_, clock) => new NodeDriver({ clock }),
} as const satisfies Readonly<Record<string, (options: TaskDriverOptions, clock: Clock) => TaskDriver>>;

/** All built-in drivers, for use without the container. */
export function builtInTaskDrivers(
  options: TaskDriverOptions,
  { clock }: { readonly clock: Clock },
): readonly TaskDriver[] {
  return Object.values(BUILT_IN_TASK_DRIVERS).map((create) => create(options, clock));
}
