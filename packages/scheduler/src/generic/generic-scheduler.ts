import type { Evaluation } from '@steppe/domain';
import type { Clock, Random } from '@steppe/runtime';
import { blockedEvalOf, learnt } from '../evaluation/blocked-eval.js';
import { runAttempts } from '../evaluation/run-attempts.js';
import { triggerProblem } from '../evaluation/triggers.js';
import { FollowUps } from '../reconcile/follow-ups.js';
import type { Planner } from '../worker/planner.js';
import type { SchedulerContribution } from '../worker/scheduler-contribution.js';
import { GenericAttempt } from './generic-attempt.js';

/** What built-in schedulers need. */
export interface SchedulerDeps {
  readonly clock: Clock;
  readonly random: Random;
}

const MAX_ATTEMPTS = { service: 5, batch: 2 } as const;

/**
 * The scheduler for jobs that want so many allocations, anywhere: service and batch.
 * @see spec "Common frame" of scheduling
 */
export class GenericScheduler implements SchedulerContribution {
  readonly type: keyof typeof MAX_ATTEMPTS;
  readonly #deps: SchedulerDeps;

  constructor({ type }: Pick<GenericScheduler, 'type'>, deps: SchedulerDeps) {
    this.type = type;
    this.#deps = deps;
  }

  /** @throws REFRESH_MISSING */
  async process(evaluation: Evaluation, planner: Planner): Promise<void> {
    const problem = triggerProblem(this.type, evaluation.triggeredBy);
    if (problem !== undefined) {
      await planner.updateEval({ ...evaluation, status: 'failed', statusDescription: problem });
      return;
    }
    const { random, clock } = this.#deps;
    const nowMs = clock.now();
    const followUps = new FollowUps(evaluation, { random, nowMs });
    const { attempt, isExhausted } = await runAttempts(
      planner,
      { limit: MAX_ATTEMPTS[this.type], followUps, retriesWithoutRefresh: false },
      (state) => new GenericAttempt({ evaluation, state, nowMs, followUps }, { random }),
    );
    await this.#finish(evaluation, attempt, isExhausted, planner);
  }

  async #finish(
    evaluation: Evaluation,
    attempt: GenericAttempt,
    isExhausted: boolean,
    planner: Planner,
  ): Promise<void> {
    const { failures, books } = attempt;
    const { queued, findings } = books;
    const outcome = { queuedAllocations: queued, failedTgAllocs: failures };
    const hasFailed = Object.keys(failures).length > 0;
    if (hasFailed && !isExhausted && evaluation.status === 'blocked') {
      await planner.reblockEval({ ...evaluation, ...outcome, ...learnt(findings) });
      return;
    }
    // Differs from Nomad: also when failed allocations are to be replaced later; that does not help those without a node.
    const blocked =
      hasFailed || isExhausted
        ? blockedEvalOf(evaluation, this.#deps.random, { findings, failures, queued, byConflicts: isExhausted })
        : undefined;
    if (blocked !== undefined) await planner.createEval(blocked);
    await planner.updateEval({
      ...evaluation,
      ...outcome,
      status: isExhausted ? 'failed' : 'complete',
      statusDescription: isExhausted ? `maximum attempts reached (${MAX_ATTEMPTS[this.type]})` : '',
      blockedEval: blocked?.id ?? '',
    });
  }
}
