import type { AllocMetric, Node, NodeScore } from '@steppe/domain';
import { ALLOC_METRIC_WIRE } from '@steppe/domain';

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

  score(score: NodeScore): void {
    this.#scores.push(score);
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
      scoreMetaData: this.#scores.toSorted((a, b) => b.normScore - a.normScore).slice(0, MAX_SCORES),
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
