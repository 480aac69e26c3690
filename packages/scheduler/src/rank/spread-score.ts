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
    readonly used: ReadonlyMap<string, number>;
    /** Of the values that are used at all. */
    readonly least: number;
    readonly most: number;
  }[];
  readonly #count: number;
  /** What nodes without a wanted share get: the least any has got. */
  #lowest = -1;

  /** The context's allocations of now count; one for each placement. */
  constructor(job: Job, group: TaskGroup, context: PlacementContext) {
    const spreads = [...group.spreads, ...job.spreads];
    const total = spreads.reduce((sum, { weight }) => sum + weight, 0);
    this.#count = group.count ?? 1;
    this.#spreads = spreads.map((spread) => {
      const used = context.countsBy(spread.attribute, group.name);
      const counts = [...used.values()];
      return {
        spread,
        weight: spread.weight / total,
        used,
        least: Math.min(...counts),
        most: Math.max(...counts),
      };
    });
  }

  get isWanted(): boolean {
    return this.#spreads.length > 0;
  }

  of(node: Node): number {
    let score = 0;
    for (const { spread, weight, used, least, most } of this.#spreads) {
      const value = resolveTarget(spread.attribute, node);
      if (value === undefined) score -= 1;
      else if (spread.targets.length > 0) score += this.#targetBoost(spread, value, used, weight);
      else if (used.size > 0) score += evenBoost(used.get(value) ?? 0, least, most);
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

/** @param least - of the values in use, as `most` is */
function evenBoost(current: number, least: number, most: number): number {
  const min = Math.min(least, current);
  if (current !== min) return min === 0 ? -1 : (min - current) / min;
  if (min === most) return -1;
  return min === 0 ? 1 : (most - min) / min;
}
