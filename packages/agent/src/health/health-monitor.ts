import { errorMessage } from '@steppe/domain';
import type { Clock } from '@steppe/runtime';
import { collectByKey } from '@steppe/runtime';
import type { HealthCheck, HealthCheckOptions, HealthResult } from './health-check.js';
import { HEALTHY } from './health-check.js';

/** Health of the roles that were asked for; a role that was not is absent. */
export interface HealthReport {
  readonly client?: HealthResult;
  readonly server?: HealthResult;
}

export interface HealthQuery {
  /** Roles to report even when disabled; `undefined` reports the enabled ones. */
  readonly roles: readonly Role[] | undefined;
  readonly stale: boolean;
}

type Role = 'client' | 'server';

/**
 * Every answer comes within this time, milliseconds. Differs from Nomad, which waits up to five seconds for a leader:
 * probes have shorter patience, and an agent that cannot tell in time is not healthy.
 */
export const HEALTH_DEADLINE_MS = 250;

/** Runs the contributed health checks. */
export class HealthMonitor {
  readonly #roles: { readonly server: boolean; readonly client: boolean };
  readonly #clock: Clock;
  readonly #checks: readonly HealthCheck[];

  constructor(
    roles: { readonly server: boolean; readonly client: boolean },
    { checks, clock }: { readonly checks: readonly HealthCheck[]; readonly clock: Clock },
  ) {
    this.#roles = roles;
    this.#clock = clock;
    this.#checks = [...collectByKey('HealthCheck', checks, (check) => check.name).values()];
  }

  async report({ roles, stale }: HealthQuery): Promise<HealthReport> {
    const asked = roles ?? (['client', 'server'] as const).filter((role) => this.#roles[role]);
    const deadline = new AbortController();
    const timer = this.#clock.setTimer(HEALTH_DEADLINE_MS, () => deadline.abort());
    try {
      const results = await Promise.all(
        asked.map((role) => this.#roleHealth(role, { stale, signal: deadline.signal })),
      );
      return Object.fromEntries(asked.map((role, i) => [role, results[i]])) as HealthReport;
    } finally {
      timer.cancel();
    }
  }

  async #roleHealth(role: Role, options: HealthCheckOptions): Promise<HealthResult> {
    if (!this.#roles[role]) return { ok: false, message: `${role} not enabled` };
    const checks = this.#checks.filter((check) => check.role === role);
    const results = await Promise.all(checks.map((check) => runCheck(check, options)));
    return results.find((result) => !result.ok) ?? HEALTHY;
  }
}

async function runCheck(check: HealthCheck, options: HealthCheckOptions): Promise<HealthResult> {
  const { signal } = options;
  try {
    const result = check.check(options);
    if (!('then' in result)) return result;
    return await new Promise<HealthResult>((resolve, reject) => {
      const late = (): void =>
        resolve({ ok: false, message: `${check.name}: no answer within ${HEALTH_DEADLINE_MS} ms` });
      signal.addEventListener('abort', late, { once: true });
      result.then(resolve, reject).finally(() => signal.removeEventListener('abort', late));
    });
  } catch (error) {
    return { ok: false, message: errorMessage(error) };
  }
}
