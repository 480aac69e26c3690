import type { Logger, RecordLevel } from '@steppe/runtime';
import { formatWithOptions } from 'node:util';

/** The methods of a console that log. */
export type HubConsole = Readonly<
  Record<'trace' | 'debug' | 'log' | 'info' | 'warn' | 'error', (...values: readonly unknown[]) => void>
>;

/**
 * A console whose output joins the agent's log, for code that knows nothing better: each call is one record, its message what a
 * console would print, without colours. Unlike a console's, `trace` prints no stack.
 */
export function hubConsole(logger: Logger): HubConsole {
  const at =
    (level: RecordLevel) =>
    (...values: readonly unknown[]): void => {
      // Printing is what costs.
      if (logger.isEnabled(level)) logger[level](formatWithOptions({ colors: false }, ...values), {});
    };
  return {
    trace: at('trace'),
    debug: at('debug'),
    log: at('info'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  };
}
