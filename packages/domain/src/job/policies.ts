import type { WireOf } from '../wire/wire-schema.js';
import { duration, flag, integer, text, wireSchema } from '../wire/wire-schema.js';

/** Whether and when a task that ended is started again where it is. */
export const RESTART_POLICY_WIRE = wireSchema({
  attempts: integer('Attempts'),
  /** The time in which `attempts` are counted. */
  intervalMs: duration('Interval'),
  delayMs: duration('Delay'),
  /** `fail`: the allocation fails when the attempts are used up; `delay`: it waits for the next interval. */
  mode: text('Mode'),
  renderTemplates: flag('RenderTemplates'),
});
export type RestartPolicy = WireOf<typeof RESTART_POLICY_WIRE>;

/** Whether and when a failed allocation is replaced, on another node if possible. */
export const RESCHEDULE_POLICY_WIRE = wireSchema({
  attempts: integer('Attempts'),
  intervalMs: duration('Interval'),
  delayMs: duration('Delay'),
  /** `constant`, `exponential` or `fibonacci`. */
  delayFunction: text('DelayFunction'),
  maxDelayMs: duration('MaxDelay'),
  unlimited: flag('Unlimited'),
});
export type ReschedulePolicy = WireOf<typeof RESCHEDULE_POLICY_WIRE>;

/** How many allocations change at once. */
export const UPDATE_STRATEGY_WIRE = wireSchema(
  {
    staggerMs: duration('Stagger'),
    maxParallel: integer('MaxParallel', 1),
    healthCheck: text('HealthCheck', 'checks'),
    minHealthyTimeMs: duration('MinHealthyTime', 10_000),
    healthyDeadlineMs: duration('HealthyDeadline', 300_000),
    progressDeadlineMs: duration('ProgressDeadline', 600_000),
  },
  { unsupported: { Canary: 'canaries', AutoRevert: 'automatic reverts', AutoPromote: 'automatic promotions' } },
);
export type UpdateStrategy = WireOf<typeof UPDATE_STRATEGY_WIRE>;

/** How many allocations leave a draining node at once. */
export const MIGRATE_STRATEGY_WIRE = wireSchema({
  maxParallel: integer('MaxParallel', 1),
  healthCheck: text('HealthCheck', 'checks'),
  minHealthyTimeMs: duration('MinHealthyTime', 10_000),
  healthyDeadlineMs: duration('HealthyDeadline', 300_000),
});
export type MigrateStrategy = WireOf<typeof MIGRATE_STRATEGY_WIRE>;

/** What becomes of allocations whose node does not answer. */
export const DISCONNECT_STRATEGY_WIRE = wireSchema({
  /** How long they may come back; 0: they are lost at once. */
  lostAfterMs: duration('LostAfter'),
  /** How long the node itself lets them run; 0: for ever. */
  stopOnClientAfterMs: duration('StopOnClientAfter'),
  replace: flag('Replace', true),
  /** `best_score`, `keep_original`, `keep_replacement` or `longest_running`. */
  reconcile: text('Reconcile', 'best_score'),
});
export type DisconnectStrategy = WireOf<typeof DISCONNECT_STRATEGY_WIRE>;
