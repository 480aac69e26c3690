import type { Affinity, Job, Node, TaskGroup } from '@steppe/domain';
import { meets } from '../feasibility/condition.js';
import type { PlacementContext } from '../placement/placement-context.js';
import type { Capacity } from '../resources/node-fit.js';
import { binpackFit, MAX_FIT_SCORE, spreadFit } from './fit-score.js';
import type { SpreadScore } from './spread-score.js';

export interface ScoreOptions {
  /** How many of the group there are to be. */
  readonly count: number;
  readonly affinities: readonly Affinity[];
  /** Nodes on which this allocation has failed before. */
  readonly penaltyNodes: ReadonlySet<string>;
  /** Whether allocations of a group shun one another. */
  readonly antiAffinity: boolean;
  readonly spreads: SpreadScore;
}

/** What a node would be like with the allocation on it. */
export interface NodeUse {
  readonly used: Capacity;
  readonly capacity: Capacity;
  /** Allocations of the group that would be there already. */
  readonly collisions: number;
}

/** The scores of one node, by name, and their mean. */
export interface ScoredNode {
  readonly scores: Readonly<Record<string, number>>;
  readonly score: number;
}

/** @see spec "Ranking" of scheduling */
export function scoreNode(node: Node, use: NodeUse, context: PlacementContext, options: ScoreOptions): ScoredNode {
  const { count, affinities, penaltyNodes, antiAffinity, spreads } = options;
  const isSpread = context.state.configuration.algorithm === 'spread';
  const fit = (isSpread ? spreadFit : binpackFit)(use.used, use.capacity) / MAX_FIT_SCORE;
  const scores: Record<string, number> = { binpack: fit };
  const counted = [fit];
  const add = (name: string, score: number): void => {
    scores[name] = score;
    if (score !== 0) counted.push(score);
  };
  if (antiAffinity) {
    add('job-anti-affinity', use.collisions === 0 ? 0 : -(use.collisions + 1) / Math.max(1, count));
  }
  add('node-reschedule-penalty', penaltyNodes.has(node.id) ? -1 : 0);
  add('node-affinity', affinityScore(node, affinities, context));
  if (spreads.isWanted) {
    const spread = spreads.of(node);
    if (spread !== 0) add('allocation-spread', spread);
  }
  return { scores, score: counted.reduce((sum, score) => sum + score, 0) / counted.length };
}

export function affinitiesOf(job: Job, group: TaskGroup): readonly Affinity[] {
  return [...job.affinities, ...group.affinities, ...group.tasks.flatMap(({ affinities }) => affinities)];
}

function affinityScore(node: Node, affinities: readonly Affinity[], { conditions }: PlacementContext): number {
  if (affinities.length === 0) return 0;
  let total = 0;
  let matching = 0;
  for (const affinity of affinities) {
    total += Math.abs(affinity.weight);
    if (meets(affinity, node, conditions)) matching += affinity.weight;
  }
  return matching / total;
}
