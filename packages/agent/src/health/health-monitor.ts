import { errorMessage } from '@steppe/domain';
import type { Clock, Timer } from '@steppe/runtime';
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

  /** Returns directly when every check has its answer at hand, which is the usual case. */
  report({ roles, stale }: HealthQuery): HealthReport | Promise<HealthReport> {
    const asked = roles ?? (['client', 'server'] as const).filter((role) => this.#roles[role]);
    const deadline = new Deadline(this.#clock);
    const results = asked.map((role) => this.#roleHealth(role, stale, deadline));
    if (results.every(isSettled)) return toReport(asked, results);
    return Promise.all(results)
      .then((settled) => toReport(asked, settled))
      .finally(() => deadline.cancel());
  }

  #roleHealth(role: Role, stale: boolean, deadline: Deadline): HealthResult | Promise<HealthResult> {
    if (!this.#roles[role]) return { ok: false, message: `${role} not enabled` };
    const results = this.#checks
      .filter((check) => check.role === role)
      .map((check) => runCheck(check, { stale, signal: () => deadline.signal }));
    return results.every(isSettled) ? worstOf(results) : Promise.all(results).then(worstOf);
  }
}

const isSettled = (result: HealthResult | Promise<HealthResult>): result is HealthResult => !('then' in result);

const worstOf = (results: readonly HealthResult[]): HealthResult => results.find((result) => !result.ok) ?? HEALTHY;

const toReport = (asked: readonly Role[], results: readonly HealthResult[]): HealthReport =>
  Object.fromEntries(asked.map((role, i) => [role, results[i]]));

/** The time limit of one report; nothing is set up unless a check asks for it. */
class Deadline {
  readonly #clock: Clock;
  #controller: AbortController | undefined;
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController();
      this.#controller = controller;
      this.#timer = this.#clock.setTimer(HEALTH_DEADLINE_MS, () => controller.abort());
    }
    return this.#controller.signal;
  }

  cancel(): void {
    this.#timer?.cancel();
  }
}

function runCheck(check: HealthCheck, options: HealthCheckOptions): HealthResult | Promise<HealthResult> {
  try {
    const result = check.check(options);
    return 'then' in result ? withinDeadline(check, result, options.signal()) : result;
  } catch (error) {
    return unhealthy(error);
  }
}

function withinDeadline(check: HealthCheck, result: Promise<HealthResult>, signal: AbortSignal): Promise<HealthResult> {
  return new Promise((resolve) => {
    const late = (): void =>
      resolve({ ok: false, message: `${check.name}: no answer within ${HEALTH_DEADLINE_MS} ms` });
    signal.addEventListener('abort', late, { once: true });
    result
      .catch(unhealthy)
      .then(resolve)
      .finally(() => signal.removeEventListener('abort', late));
  });
}

const unhealthy = (error: unknown): HealthResult => ({ ok: false, message: errorMessage(error) });
