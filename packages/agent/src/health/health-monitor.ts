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
  report({ roles, stale }: HealthQuery): Pending<HealthReport> {
    const asked = roles ?? (['client', 'server'] as const).filter((role) => this.#roles[role]);
    const deadline = new Deadline(this.#clock);
    const report = combine(
      asked.map((role) => this.#roleHealth(role, stale, deadline)),
      (results): HealthReport => Object.fromEntries(asked.map((role, i) => [role, results[i]])),
    );
    return report instanceof Promise ? report.finally(() => deadline.cancel()) : report;
  }

  #roleHealth(role: Role, stale: boolean, deadline: Deadline): Pending<HealthResult> {
    if (!this.#roles[role]) return { ok: false, message: `${role} not enabled` };
    const checks = this.#checks.filter((check) => check.role === role);
    return combine(
      checks.map((check) => runCheck(check, { stale, signal: () => deadline.signal })),
      (results) => results.find((result) => !result.ok) ?? HEALTHY,
    );
  }
}

type Pending<T> = T | Promise<T>;

/** Combines results, at once when none is outstanding. */
function combine<T extends object>(
  results: readonly Pending<HealthResult>[],
  into: (results: readonly HealthResult[]) => T,
): Pending<T> {
  const settled: HealthResult[] = [];
  for (const result of results) {
    if (result instanceof Promise) return Promise.all(results.map((each) => Promise.resolve(each))).then(into);
    settled.push(result);
  }
  return into(settled);
}

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

function runCheck(check: HealthCheck, options: HealthCheckOptions): Pending<HealthResult> {
  try {
    const result = check.check(options);
    return result instanceof Promise ? withinDeadline(check, result, options.signal()) : result;
  } catch (error) {
    return unhealthy(error);
  }
}

function withinDeadline(check: HealthCheck, result: Promise<HealthResult>, signal: AbortSignal): Promise<HealthResult> {
  return new Promise((resolve) => {
    const late = (): void =>
      resolve({ ok: false, message: `${check.name}: no answer within ${HEALTH_DEADLINE_MS} ms` });
    signal.addEventListener('abort', late, { once: true });
    void result
      .catch(unhealthy)
      .then(resolve)
      .finally(() => signal.removeEventListener('abort', late));
  });
}

const unhealthy = (error: unknown): HealthResult => ({ ok: false, message: errorMessage(error) });
