import { refreshMissing } from '../errors.js';
import type { FollowUps } from '../reconcile/follow-ups.js';
import type { SchedulingState } from '../state/scheduling-state.js';
import type { Planner } from '../worker/planner.js';
import type { Attempt } from './attempt.js';

export interface RunOptions {
  /** How often in a row a plan may come to nothing. */
  readonly limit: number;
  readonly followUps: FollowUps;
  /** Whether a plan that was carried out in part, with no word on a newer state, is tried again on the same one. */
  readonly retriesWithoutRefresh: boolean;
}

/**
 * Makes plans until one has been carried out as a whole, each on the newest state.
 * @param make - a try on a state; its plan is what the books then hold
 * @returns the last one, and whether that was one too many
 * @throws REFRESH_MISSING
 */
export async function runAttempts<T extends { readonly books: Attempt }>(
  planner: Planner,
  { limit, followUps, retriesWithoutRefresh }: RunOptions,
  make: (state: SchedulingState) => T,
): Promise<{ readonly attempt: T; readonly isExhausted: boolean }> {
  let { state } = planner;
  let attempt: T;
  let tries = 0;
  do {
    attempt = make(state);
    const draft = attempt.books.plan();
    // They must be there before something refers to them.
    for (const followUp of followUps.take()) await planner.createEval(followUp);
    if (draft === undefined) return { attempt, isExhausted: false };
    const { result, newState } = await planner.submitPlan(draft);
    const isFull = attempt.books.account(result);
    if (newState === undefined) {
      if (isFull) return { attempt, isExhausted: false };
      if (!retriesWithoutRefresh) throw refreshMissing();
    }
    state = newState ?? state;
    tries = result.allocIndex > 0 ? 0 : tries + 1;
  } while (tries < limit);
  return { attempt, isExhausted: true };
}
