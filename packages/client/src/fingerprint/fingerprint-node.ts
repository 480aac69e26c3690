import type { NodeResources } from '@steppe/domain';
import { errorMessage } from '@steppe/domain';
import type { Clock, Logger, Metrics } from '@steppe/runtime';
import { clientError } from '../errors.js';
import { CLIENT_METRICS } from '../metrics.js';
import type { Fingerprint, Fingerprinter } from './fingerprinter.js';

export interface FingerprintNodeDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Everything the fingerprinters found together. */
export interface NodeFingerprint {
  readonly attributes: Readonly<Record<string, string>>;
  readonly resources: Partial<NodeResources>;
}

/**
 * Asks all fingerprinters at once and lays their findings over each other in the given order. Never rejects: what fails, or
 * does not settle in time, is logged, counted and left out.
 */
export async function fingerprintNode(
  fingerprinters: readonly Fingerprinter[],
  { timeoutMs }: { readonly timeoutMs: number },
  { clock, logger, metrics }: FingerprintNodeDeps,
): Promise<NodeFingerprint> {
  const found = await Promise.all(
    fingerprinters.map(async (fingerprinter): Promise<Fingerprint> => {
      const { name } = fingerprinter;
      try {
        return await inTime({ name, timeoutMs }, () => fingerprinter.fingerprint(), clock);
      } catch (error) {
        logger.warn('fingerprint failed', { fingerprinter: name, error: errorMessage(error) });
        metrics.incrCounter(CLIENT_METRICS.fingerprintFailed, 1, { fingerprinter: name });
        return { attributes: {} };
      }
    }),
  );
  const resources = found.map((fingerprint) => fingerprint.resources ?? {});
  return {
    attributes: Object.assign({}, ...found.map(({ attributes }) => attributes)) as Record<string, string>,
    resources: {
      ...(Object.assign({}, ...resources) as Partial<NodeResources>),
      networks: resources.flatMap(({ networks = [] }) => networks),
    },
  };
}

/** What `find` resolves to. Rejects with CLIENT_FINGERPRINT_FAILED when it does not in time. */
export function inTime<T>(
  { name, timeoutMs }: { readonly name: string; readonly timeoutMs: number },
  find: () => Promise<T>,
  clock: Clock,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(timeoutMs, () =>
      reject(
        clientError({ code: 'CLIENT_FINGERPRINT_FAILED', fingerprinter: name }, `took longer than ${timeoutMs} ms`),
      ),
    );
    const settled = (async () => find())();
    settled.then(resolve, reject).finally(() => timer.cancel());
  });
}
