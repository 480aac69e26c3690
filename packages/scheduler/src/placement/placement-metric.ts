import type { AllocMetric, Node, NodeScore } from '@steppe/domain';
import { ALLOC_METRIC_WIRE } from '@steppe/domain';
import type { ScoredNode } from '../rank/node-scores.js';

/** Nodes whose scores are kept. */
const MAX_SCORES = 5;

/** Counts what the search for one node comes across. */
export class PlacementMetric {
  #evaluated = 0;
  #filtered = 0;
  #exhausted = 0;
  readonly #classFiltered: Record<string, number> = {};
  readonly #constraintFiltered: Record<string, number> = {};
  readonly #classExhausted: Record<string, number> = {};
  readonly #dimensionExhausted: Record<string, number> = {};
  /** The best, the best of them first. */
  readonly #scores: NodeScore[] = [];
  readonly #candidates: Pick<AllocMetric, 'nodesInPool' | 'nodePool' | 'nodesAvailable'>;

  constructor(candidates: Pick<AllocMetric, 'nodesInPool' | 'nodePool' | 'nodesAvailable'>) {
    this.#candidates = candidates;
  }

  evaluate(): void {
    this.#evaluated += 1;
  }

  filter({ nodeClass }: Node, reason: string): void {
    this.#filtered += 1;
    if (nodeClass !== '') count(this.#classFiltered, nodeClass);
    count(this.#constraintFiltered, reason);
  }

  exhaust({ nodeClass }: Node, dimension: string): void {
    this.#exhausted += 1;
    if (nodeClass !== '') count(this.#classExhausted, nodeClass);
    count(this.#dimensionExhausted, dimension);
  }

  score(nodeId: string, { scores, score: normScore }: ScoredNode): void {
    const best = this.#scores;
    // Of equal ones the first seen is kept.
    let at = best.length;
    while (at > 0 && (best[at - 1] as NodeScore).normScore < normScore) at -= 1;
    if (at === MAX_SCORES) return;
    best.splice(at, 0, { nodeId, scores: { ...scores, 'normalized-score': normScore }, normScore });
    best.length = Math.min(best.length, MAX_SCORES);
  }

  get hasFilteredAll(): boolean {
    return this.#filtered > 0 && this.#filtered === this.#evaluated;
  }

  result(): AllocMetric {
    return {
      ...ALLOC_METRIC_WIRE.empty,
      ...this.#candidates,
      nodesEvaluated: this.#evaluated,
      nodesFiltered: this.#filtered,
      nodesExhausted: this.#exhausted,
      classFiltered: this.#classFiltered,
      constraintFiltered: this.#constraintFiltered,
      classExhausted: this.#classExhausted,
      dimensionExhausted: this.#dimensionExhausted,
      scoreMetaData: [...this.#scores],
    };
  }
}

/** What was come across in two searches. */
export function mergedMetric(a: AllocMetric, b: AllocMetric): AllocMetric {
  return {
    ...a,
    nodesEvaluated: a.nodesEvaluated + b.nodesEvaluated,
    nodesFiltered: a.nodesFiltered + b.nodesFiltered,
    nodesExhausted: a.nodesExhausted + b.nodesExhausted,
    classFiltered: sums(a.classFiltered, b.classFiltered),
    constraintFiltered: sums(a.constraintFiltered, b.constraintFiltered),
    classExhausted: sums(a.classExhausted, b.classExhausted),
    dimensionExhausted: sums(a.dimensionExhausted, b.dimensionExhausted),
  };
}

type Counts = Readonly<Record<string, number>>;

function sums(a: Counts, b: Counts): Counts {
  const result = { ...a };
  for (const [key, value] of Object.entries(b)) result[key] = (result[key] ?? 0) + value;
  return result;
}

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
