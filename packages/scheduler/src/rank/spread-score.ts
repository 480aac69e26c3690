import type { Job, Node, Spread, TaskGroup } from '@steppe/domain';
import { resolveTarget } from '../feasibility/target.js';
import type { PlacementContext } from '../placement/placement-context.js';

/**
 * How well a node goes with the distribution that a group's spreads ask for.
 * @see spec "Ranking" of scheduling: spread cases
 */
export class SpreadScore {
  readonly #spreads: readonly {
    readonly spread: Spread;
    readonly weight: number;
    readonly used: Map<string, number>;
  }[];
  readonly #count: number;
  /** What nodes without a wanted share get: the least any has got. */
  #lowest = -1;

  /** The context's allocations of now count; one for each placement. */
  constructor(job: Job, group: TaskGroup, context: PlacementContext) {
    const spreads = [...group.spreads, ...job.spreads];
    const total = spreads.reduce((sum, { weight }) => sum + weight, 0);
    const nodes = spreads.length === 0 ? [] : context.nodesOfGroup(job, group);
    this.#count = group.count ?? 1;
    this.#spreads = spreads.map((spread) => ({
      spread,
      weight: spread.weight / total,
      used: countBy(nodes, spread.attribute),
    }));
  }

  get isWanted(): boolean {
    return this.#spreads.length > 0;
  }

  of(node: Node): number {
    let score = 0;
    for (const { spread, weight, used } of this.#spreads) {
      const value = resolveTarget(spread.attribute, node);
      if (value === undefined) score -= 1;
      else
        score += spread.targets.length === 0 ? evenBoost(value, used) : this.#targetBoost(spread, value, used, weight);
    }
    return score;
  }

  #targetBoost(spread: Spread, value: string, used: ReadonlyMap<string, number>, weight: number): number {
    const share = shareOf(spread, value);
    if (share === undefined) return -1;
    const desired = (share / 100) * this.#count;
    if (desired === 0) return this.#lowest;
    const boost = ((desired - ((used.get(value) ?? 0) + 1)) / desired) * weight;
    this.#lowest = Math.min(this.#lowest, boost);
    return boost;
  }
}

/** Percent; what is left over goes to all values that are not named. `undefined`: nothing is left. */
function shareOf({ targets }: Spread, value: string): number | undefined {
  const named = targets.find((target) => target.value === value);
  if (named !== undefined) return named.percent;
  const rest = 100 - targets.reduce((sum, { percent }) => sum + percent, 0);
  return rest > 0 ? rest : undefined;
}

function evenBoost(value: string, used: ReadonlyMap<string, number>): number {
  if (used.size === 0) return 0;
  const counts = [...used.values()];
  const current = used.get(value) ?? 0;
  const min = Math.min(...counts, current);
  const max = Math.max(...counts);
  if (current !== min) return min === 0 ? -1 : (min - current) / min;
  if (min === max) return -1;
  return min === 0 ? 1 : (max - min) / min;
}

function countBy(nodes: readonly Node[], attribute: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const node of nodes) {
    const value = resolveTarget(attribute, node);
    if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}
