import type { Contribution } from '@steppe/runtime';

export interface HealthResult {
  readonly ok: boolean;
  /** `ok`, or what is wrong in a few words. */
  readonly message: string;
}

/**
 * Contribution point: a condition a role must meet to be healthy. All checks of an enabled role run at once, each time
 * somebody asks; the first one by order that is not ok gives the role's message. A check that throws, or has no answer
 * before the signal aborts, is not ok.
 */
export interface HealthCheck extends Contribution {
  /** Unique; names the check in messages. */
  readonly name: string;
  readonly role: 'server' | 'client';
  check(options: HealthCheckOptions): HealthResult | Promise<HealthResult>;
}

export interface HealthCheckOptions {
  /** The caller accepts what this agent knows by itself. */
  readonly stale: boolean;
  /** Aborts when the time for the answer is over. */
  readonly signal: () => AbortSignal;
}

export const HEALTHY: HealthResult = Object.freeze({ ok: true, message: 'ok' });
