import type { Evaluation } from '@steppe/domain';
import type { Clock, Timer } from '@steppe/runtime';
import { UnblockMemory } from './unblock-memory.js';

export interface BlockedEvalsDeps {
  readonly clock: Clock;
  /** Where evaluations go that may work out now, with the token they were blocked with. */
  readonly enqueue: (evaluation: Evaluation, token: string) => void;
}

export interface BlockedStats {
  readonly blocked: number;
  readonly escaped: number;
  readonly quotaLimit: number;
}

interface Blocked {
  readonly evaluation: Evaluation;
  readonly token: string;
}

const PRUNE_INTERVAL_MS = 5 * 60_000;
const MAX_AGE_MS = 15 * 60_000;
const RETRY_TRIGGER = 'max-plan-attempts';

/**
 * Evaluations that found no room, in the leader's memory, until something changes that could give them some. Of each job one is
 * kept, of system jobs one for each node; the others are duplicates, to be cancelled.
 *
 * Differs from Nomad: evaluations of system jobs are told apart by their node, so that one full node does not hide another.
 * @see spec "Blocked evaluations" of scheduling
 */
export class BlockedEvals {
  readonly #deps: BlockedEvalsDeps;
  readonly #byJob = new Map<string, Blocked>();
  readonly #memory = new UnblockMemory();
  #duplicates: Evaluation[] = [];
  #enabled = false;
  #pruning: Timer | undefined;

  constructor(deps: BlockedEvalsDeps) {
    this.#deps = deps;
  }

  /** Only the leader's tracker is enabled. Disabling drops everything. */
  setEnabled(enabled: boolean): void {
    if (enabled === this.#enabled) return;
    this.#enabled = enabled;
    this.#pruning?.cancel();
    this.#pruning = enabled
      ? this.#deps.clock.setTicker(PRUNE_INTERVAL_MS, () => this.#memory.prune(this.#deps.clock.now() - MAX_AGE_MS))
      : undefined;
    this.#byJob.clear();
    this.#memory.clear();
    this.#duplicates = [];
  }

  /** Keeps an evaluation; one that has missed something goes on at once. @param token - of its delivery, empty without one */
  block(evaluation: Evaluation, token = ''): void {
    if (!this.#enabled) return;
    const key = keyOf(evaluation);
    const known = this.#byJob.get(key);
    if (known !== undefined && known.evaluation.id !== evaluation.id) {
      if (ageOf(known.evaluation) > ageOf(evaluation)) {
        this.#duplicates.push(evaluation);
        return;
      }
      this.#duplicates.push(known.evaluation);
      this.#byJob.delete(key);
    }
    if (this.#memory.hasMissed(evaluation)) {
      this.#byJob.delete(key);
      this.#deps.enqueue(evaluation, token);
    } else this.#byJob.set(key, { evaluation, token });
  }

  /** Nodes of a computed class have room, or are new. @param index - of the state in which they have */
  unblockClass(computedClass: string, index: number): void {
    this.#unblock(
      'class',
      computedClass,
      index,
      ({ escapedComputedClass, classEligibility }) =>
        // A class that was not seen may do.
        escapedComputedClass || classEligibility[computedClass] !== false,
    );
  }

  unblockQuota(quota: string, index: number): void {
    this.#unblock(
      'quota',
      quota,
      index,
      ({ escapedComputedClass, quotaLimitReached }) =>
        !escapedComputedClass && (quotaLimitReached === quota || quotaLimitReached === ''),
    );
  }

  unblockResource(id: string, index: number): void {
    this.#unblock('resource', id, index, ({ missingNonNodeResources }) => missingNonNodeResources.includes(id));
  }

  /** One node has room: what system jobs have left to do there. */
  unblockNode(nodeId: string): void {
    this.#release((evaluation) => isPerNode(evaluation) && evaluation.nodeId === nodeId);
  }

  /** Those that only met too many conflicts. */
  unblockFailed(): void {
    this.#release(({ triggeredBy }) => triggeredBy === RETRY_TRIGGER);
  }

  /** Forgets the evaluations of a job that needs no more room. @returns them */
  untrack(namespace: string, jobId: string): readonly Evaluation[] {
    return this.#take((evaluation) => evaluation.namespace === namespace && evaluation.jobId === jobId).map(
      ({ evaluation }) => evaluation,
    );
  }

  /** Takes up to so many of the duplicates found so far. */
  takeDuplicates(count: number): readonly Evaluation[] {
    return this.#duplicates.splice(0, count);
  }

  stats(): BlockedStats {
    let escaped = 0;
    let quotaLimit = 0;
    for (const { evaluation } of this.#byJob.values()) {
      if (evaluation.escapedComputedClass) escaped += 1;
      if (evaluation.quotaLimitReached !== '') quotaLimit += 1;
    }
    return { blocked: this.#byJob.size, escaped, quotaLimit };
  }

  #unblock(
    kind: 'class' | 'quota' | 'resource',
    id: string,
    index: number,
    matches: (evaluation: Evaluation) => boolean,
  ): void {
    if (!this.#enabled) return;
    this.#memory.note(kind, id, { index, atMs: this.#deps.clock.now() });
    this.#release(matches);
  }

  #release(matches: (evaluation: Evaluation) => boolean): void {
    for (const { evaluation, token } of this.#take(matches)) this.#deps.enqueue(evaluation, token);
  }

  #take(matches: (evaluation: Evaluation) => boolean): readonly Blocked[] {
    const taken: Blocked[] = [];
    for (const [key, blocked] of this.#byJob) {
      if (!matches(blocked.evaluation)) continue;
      this.#byJob.delete(key);
      taken.push(blocked);
    }
    return taken;
  }
}

const isPerNode = ({ type }: Evaluation): boolean => type === 'system' || type === 'sysbatch';

const keyOf = (evaluation: Evaluation): string =>
  `${evaluation.namespace}\0${evaluation.jobId}${isPerNode(evaluation) ? `\0${evaluation.nodeId}` : ''}`;

const ageOf = ({ createIndex, snapshotIndex }: Evaluation): number => Math.max(createIndex, snapshotIndex);
