import type { Evaluation } from '@steppe/domain';
import { blockedEvalOf, learnt } from '../evaluation/blocked-eval.js';
import { runAttempts } from '../evaluation/run-attempts.js';
import { triggerProblem } from '../evaluation/triggers.js';
import type { SchedulerDeps } from '../generic/generic-scheduler.js';
import { FollowUps } from '../reconcile/follow-ups.js';
import type { Planner } from '../worker/planner.js';
import type { SchedulerContribution } from '../worker/scheduler-contribution.js';
import { SystemAttempt } from './system-attempt.js';

const MAX_ATTEMPTS = { system: 5, sysbatch: 2 } as const;

/**
 * The scheduler for jobs that are to be on every node that will do: system, and sysbatch for those that run to an end.
 *
 * Differs from Nomad: every node that is too full gets an evaluation that waits for it, not the first one only.
 * @see spec "System and sysbatch" of scheduling
 */
export class SystemScheduler implements SchedulerContribution {
  readonly type: keyof typeof MAX_ATTEMPTS;
  readonly #deps: SchedulerDeps;

  constructor({ type }: Pick<SystemScheduler, 'type'>, deps: SchedulerDeps) {
    this.type = type;
    this.#deps = deps;
  }

  async process(evaluation: Evaluation, planner: Planner): Promise<void> {
    const problem = triggerProblem(this.type, evaluation.triggeredBy);
    if (problem !== undefined) {
      await planner.updateEval({ ...evaluation, status: 'failed', statusDescription: problem });
      return;
    }
    const { random, clock } = this.#deps;
    const nowMs = clock.now();
    const followUps = new FollowUps(evaluation, { random, nowMs });
    const limit = MAX_ATTEMPTS[this.type];
    const { attempt, isExhausted } = await runAttempts(
      planner,
      { limit, followUps, retriesWithoutRefresh: true },
      (state) => new SystemAttempt({ evaluation, state, nowMs, followUps }, { random }),
    );
    const outcome = { queuedAllocations: attempt.books.queued, failedTgAllocs: attempt.failures };
    if (isExhausted) {
      const statusDescription = `maximum attempts reached (${limit})`;
      await planner.updateEval({ ...evaluation, ...outcome, status: 'failed', statusDescription });
      return;
    }
    await this.#finish({ ...evaluation, ...outcome }, attempt, planner);
  }

  async #finish(evaluation: Evaluation, { full, books }: SystemAttempt, planner: Planner): Promise<void> {
    const { findings } = books;
    // It waits for its own node itself.
    const staysBlocked = evaluation.status === 'blocked' && full.has(evaluation.nodeId);
    let blockedEval = '';
    for (const [nodeId, metrics] of full) {
      if (staysBlocked && nodeId === evaluation.nodeId) continue;
      const failures = Object.fromEntries(metrics);
      const queued = Object.fromEntries([...metrics.keys()].map((group) => [group, 1]));
      const blocked = blockedEvalOf(evaluation, this.#deps.random, { findings, failures, queued, nodeId });
      await planner.createEval(blocked);
      blockedEval ||= blocked.id;
    }
    if (staysBlocked) await planner.reblockEval({ ...evaluation, ...learnt(findings) });
    else await planner.updateEval({ ...evaluation, status: 'complete', statusDescription: '', blockedEval });
  }
}
