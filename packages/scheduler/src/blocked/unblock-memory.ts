import type { Evaluation } from '@steppe/domain';

interface Remembered {
  readonly index: number;
  readonly atMs: number;
}

/** What has become free, and when: the last index of each computed class, quota and resource. */
export class UnblockMemory {
  readonly #classes = new Map<string, Remembered>();
  readonly #quotas = new Map<string, Remembered>();
  readonly #resources = new Map<string, Remembered>();
  /** Greatest index of all. */
  #newest = 0;

  note(kind: 'class' | 'quota' | 'resource', id: string, at: Remembered): void {
    const known = this.#of(kind);
    if ((known.get(id)?.index ?? 0) > at.index) return;
    known.set(id, at);
    this.#newest = Math.max(this.#newest, at.index);
  }

  /**
   * Whether something an evaluation could use has become free since it looked: scheduling takes time, and what happens
   * meanwhile must not be missed.
   * @see spec "Missed unblock" of scheduling
   */
  hasMissed(evaluation: Evaluation): boolean {
    const since = evaluation.snapshotIndex;
    const isNewer = (remembered: Remembered | undefined): boolean =>
      remembered !== undefined && remembered.index > since;
    const escapedMissed = evaluation.escapedComputedClass && this.#newest > since;
    if (evaluation.quotaLimitReached !== '') {
      return isNewer(this.#quotas.get(evaluation.quotaLimitReached)) || escapedMissed;
    }
    if (escapedMissed || evaluation.missingNonNodeResources.some((id) => isNewer(this.#resources.get(id)))) return true;
    for (const [id, remembered] of this.#classes) {
      // A class that was not seen is a new kind of node.
      if (isNewer(remembered) && evaluation.classEligibility[id] !== false) return true;
    }
    return false;
  }

  /** Forgets what happened before a moment, Unix milliseconds. */
  prune(beforeMs: number): void {
    for (const known of [this.#classes, this.#quotas, this.#resources]) {
      for (const [id, { atMs }] of known) if (atMs < beforeMs) known.delete(id);
    }
  }

  clear(): void {
    for (const known of [this.#classes, this.#quotas, this.#resources]) known.clear();
    this.#newest = 0;
  }

  #of(kind: 'class' | 'quota' | 'resource'): Map<string, Remembered> {
    if (kind === 'class') return this.#classes;
    return kind === 'quota' ? this.#quotas : this.#resources;
  }
}
