import type { Evaluation, EvaluationTrigger } from '@steppe/domain';
import { EVALUATION_WIRE } from '@steppe/domain';
import type { Random } from '@steppe/runtime';

/** Failed allocations that are due within as much time have one follow-up. */
const WINDOW_MS = 5_000;

/** Evaluations for later, of all attempts of one evaluation: what one attempt has asked for, the next finds there. */
export class FollowUps {
  readonly #evaluation: Evaluation;
  readonly #random: Random;
  readonly #nowMs: number;
  readonly #all: Evaluation[] = [];
  #created = 0;

  constructor(evaluation: Evaluation, { random, nowMs }: { readonly random: Random; readonly nowMs: number }) {
    this.#evaluation = evaluation;
    this.#random = random;
    this.#nowMs = nowMs;
  }

  /** Failed allocations are to be replaced at a time. @returns id of the evaluation that will */
  reschedule(dueMs: number): string {
    return this.#at(dueMs, 'alloc-reschedule', 'created for delayed rescheduling', WINDOW_MS);
  }

  /** The time for a disconnected node to come back ends. */
  disconnect(dueMs: number): string {
    return this.#at(dueMs, 'max-disconnect-timeout', 'created for delayed disconnect timeout');
  }

  /** More allocations are to be updated. */
  rollOn(dueMs: number): string {
    return this.#at(dueMs, 'rolling-update', '');
  }

  /** Those that nobody has taken yet. */
  take(): readonly Evaluation[] {
    const fresh = this.#all.slice(this.#created);
    this.#created = this.#all.length;
    return fresh;
  }

  #at(dueMs: number, triggeredBy: EvaluationTrigger, statusDescription: string, windowMs = 0): string {
    const known = this.#all.find(
      (each) => each.triggeredBy === triggeredBy && dueMs >= each.waitUntilMs && dueMs - each.waitUntilMs <= windowMs,
    );
    if (known !== undefined) return known.id;
    const { id, namespace, priority, type, jobId, jobModifyIndex } = this.#evaluation;
    const followUp: Evaluation = {
      ...EVALUATION_WIRE.empty,
      id: this.#random.uuid(),
      namespace,
      priority,
      type,
      jobId,
      jobModifyIndex,
      triggeredBy,
      status: 'pending',
      statusDescription,
      waitUntilMs: dueMs,
      previousEval: id,
      createTimeMs: this.#nowMs,
      modifyTimeMs: this.#nowMs,
    };
    this.#all.push(followUp);
    return followUp.id;
  }
}
