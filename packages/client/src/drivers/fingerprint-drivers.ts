import type { DriverInfo } from '@steppe/domain';
import { errorMessage } from '@steppe/domain';
import type { FingerprintNodeDeps } from '../fingerprint/fingerprint-node.js';
import { inTime } from '../fingerprint/fingerprint-node.js';
import { CLIENT_METRICS } from '../metrics.js';
import type { TaskDriver } from './task-driver.js';

/** The drivers of a node, and the attributes by which jobs ask for them. */
export interface DriverFingerprint {
  readonly drivers: Readonly<Record<string, DriverInfo>>;
  readonly attributes: Readonly<Record<string, string>>;
}

/**
 * Asks all drivers at once whether they can run here. Never rejects: one that fails, or does not settle in time, is logged,
 * counted, and there but not fit for work. One that can run has the attribute `driver.<name>`.
 */
export async function fingerprintDrivers(
  drivers: Iterable<TaskDriver>,
  { timeoutMs }: { readonly timeoutMs: number },
  { clock, logger, metrics }: FingerprintNodeDeps,
): Promise<DriverFingerprint> {
  const found = await Promise.all(
    [...drivers].map(async (driver): Promise<readonly [string, DriverInfo]> => {
      const { name } = driver;
      try {
        const info = await inTime({ name, timeoutMs }, () => driver.fingerprint(), clock);
        return [name, { ...info, updateTimeMs: clock.now() }];
      } catch (error) {
        logger.warn('fingerprint of a driver failed', { driver: name, error: errorMessage(error) });
        metrics.incrCounter(CLIENT_METRICS.fingerprintFailed, 1, { fingerprinter: `driver.${name}` });
        const healthDescription = errorMessage(error);
        return [
          name,
          { attributes: {}, detected: false, healthy: false, healthDescription, updateTimeMs: clock.now() },
        ];
      }
    }),
  );
  const fit = found.filter(([, { detected, healthy }]) => detected && healthy);
  return {
    drivers: Object.fromEntries(found),
    attributes: Object.assign(
      {},
      ...fit.map(([name, { attributes }]) => ({ ...attributes, [`driver.${name}`]: '1' })),
    ) as Record<string, string>,
  };
}
