import type { Affinity, AllocatedPort, AllocatedResources, AllocMetric, Job, Node, TaskGroup } from '@steppe/domain';
import { totalsOf } from '@steppe/domain';
import type { ClassFindings } from '../feasibility/feasibility.js';
import { Feasibility } from '../feasibility/feasibility.js';
import { assignPorts } from '../rank/assign-ports.js';
import { takeLimited } from '../rank/limited.js';
import type { ScoredNode } from '../rank/node-scores.js';
import { affinitiesOf, scoreNode } from '../rank/node-scores.js';
import type { EvaluationRandom } from '../rank/seeded-order.js';
import { SpreadScore } from '../rank/spread-score.js';
import type { Capacity } from '../resources/node-fit.js';
import { capacityOf, exhaustedDimension } from '../resources/node-fit.js';
import type { CandidateNodes } from './candidate-nodes.js';
import type { PlacementContext } from './placement-context.js';
import { PlacementMetric } from './placement-metric.js';
import { resourcesOf } from './resources-of.js';

/** Where an allocation can go, and what it gets there. */
export interface Placement {
  readonly node: Node;
  readonly resources: AllocatedResources;
  readonly metric: AllocMetric;
}

/** Nothing was found; the metric says why. */
export interface NoPlacement {
  readonly node: undefined;
  readonly metric: AllocMetric;
}

export interface SelectOptions {
  readonly penaltyNodes?: ReadonlySet<string>;
  /** Looked at before all others. */
  readonly preferredNode?: Node | undefined;
}

/** What is the same for all allocations of a group. */
interface GroupAsk {
  /** What one takes of any node. */
  readonly capacity: Capacity;
  readonly affinities: readonly Affinity[];
  /** How many nodes are to choose from. */
  readonly limit: number;
}

interface Ranked extends ScoredNode {
  readonly node: Node;
  readonly ports: readonly AllocatedPort[];
}

const NO_NODES: ReadonlySet<string> = new Set();
const MAX_SKIPPED = 3;
const DEFAULT_FEASIBILITY_LIMIT = 100;

/** Finds nodes for the allocations of one job, one after the other. @see spec "Selection" of scheduling */
export class NodeStack {
  readonly #job: Job;
  readonly #context: PlacementContext;
  readonly #random: EvaluationRandom;
  readonly #feasibility: Feasibility;
  readonly #nodes: readonly Node[];
  readonly #counts: CandidateNodes['counts'];
  readonly #asks = new Map<TaskGroup, GroupAsk>();
  /** Where the next search begins, so that the first nodes are not always asked first. */
  #offset = 0;

  constructor(
    { job, candidates }: { readonly job: Job; readonly candidates: CandidateNodes },
    { context, random }: { readonly context: PlacementContext; readonly random: EvaluationRandom },
  ) {
    this.#job = job;
    this.#context = context;
    this.#random = random;
    this.#feasibility = new Feasibility(job, context);
    this.#counts = candidates.counts;
    this.#nodes = random.shuffled(candidates.nodes);
  }

  get findings(): ClassFindings {
    return this.#feasibility.findings();
  }

  /** The best of a few nodes that would do. */
  select(group: TaskGroup, options: SelectOptions = {}): Placement | NoPlacement {
    const metric = new PlacementMetric(this.#counts);
    const { preferredNode } = options;
    const preferred = preferredNode === undefined ? undefined : this.#best([preferredNode], group, options, metric, 1);
    const best = preferred ?? this.#best(this.#fromOffset(), group, options, metric, this.#ask(group).limit);
    return this.#placement(best, group, metric);
  }

  /** One node and no other: for jobs that are on every node. */
  selectOn(node: Node, group: TaskGroup): (Placement | NoPlacement) & { readonly isFiltered: boolean } {
    const metric = new PlacementMetric(this.#counts);
    const ranked = this.#rank(node, group, {}, metric, new SpreadScore(this.#job, group, this.#context), false);
    return { ...this.#placement(ranked, group, metric), isFiltered: metric.hasFilteredAll };
  }

  #placement(ranked: Ranked | undefined, group: TaskGroup, metric: PlacementMetric): Placement | NoPlacement {
    if (ranked === undefined) return { node: undefined, metric: metric.result() };
    const { node, ports } = ranked;
    const resources = resourcesOf(group, ports, this.#context.state.configuration);
    return { node, resources, metric: metric.result() };
  }

  #ask(group: TaskGroup): GroupAsk {
    let ask = this.#asks.get(group);
    if (ask === undefined) {
      const affinities = affinitiesOf(this.#job, group);
      const capacity = totalsOf(resourcesOf(group, [], this.#context.state.configuration));
      ask = { capacity, affinities, limit: this.#limit(group, affinities) };
      this.#asks.set(group, ask);
    }
    return ask;
  }

  #best(
    nodes: Iterable<Node>,
    group: TaskGroup,
    options: SelectOptions,
    metric: PlacementMetric,
    limit: number,
  ): Ranked | undefined {
    const spreads = new SpreadScore(this.#job, group, this.#context);
    const ranked = takeLimited(this.#ranked(nodes, group, options, metric, spreads), {
      limit,
      threshold: 0,
      maxSkipped: MAX_SKIPPED,
    });
    let best: Ranked | undefined;
    for (const candidate of ranked) if (best === undefined || candidate.score > best.score) best = candidate;
    return best;
  }

  *#ranked(
    nodes: Iterable<Node>,
    group: TaskGroup,
    options: SelectOptions,
    metric: PlacementMetric,
    spreads: SpreadScore,
  ): Iterable<Ranked> {
    for (const node of nodes) {
      const ranked = this.#rank(node, group, options, metric, spreads, true);
      if (ranked !== undefined) yield ranked;
    }
  }

  #rank(
    node: Node,
    group: TaskGroup,
    { penaltyNodes = NO_NODES }: SelectOptions,
    metric: PlacementMetric,
    spreads: SpreadScore,
    antiAffinity: boolean,
  ): Ranked | undefined {
    metric.evaluate();
    if (!this.#feasibility.isFeasible(node, group, metric)) return undefined;
    const { allocations: proposed, used: others, own } = this.#context.proposedOn(node.id);
    const ports = assignPorts(node, group, { proposed, random: this.#random });
    if (typeof ports === 'string') {
      metric.exhaust(node, ports);
      return undefined;
    }
    const ask = this.#ask(group);
    const used = {
      cpuShares: others.cpuShares + ask.capacity.cpuShares,
      memoryMb: others.memoryMb + ask.capacity.memoryMb,
      diskMb: others.diskMb + ask.capacity.diskMb,
    };
    const capacity = capacityOf(node);
    const dimension = exhaustedDimension(used, capacity);
    if (dimension !== undefined) {
      metric.exhaust(node, dimension);
      return undefined;
    }
    const scored = scoreNode(node, { used, capacity, collisions: own.get(group.name) ?? 0 }, this.#context, {
      count: group.count ?? 1,
      affinities: ask.affinities,
      penaltyNodes,
      antiAffinity,
      spreads,
    });
    metric.score(node.id, scored);
    return { node, ports, ...scored };
  }

  /** All nodes once, beginning behind those of the last search. */
  *#fromOffset(): Iterable<Node> {
    const { length } = this.#nodes;
    for (let seen = 0; seen < length; seen += 1) {
      const node = this.#nodes[this.#offset % length] as Node;
      this.#offset = (this.#offset + 1) % length;
      yield node;
    }
  }

  #limit(group: TaskGroup, affinities: readonly Affinity[]): number {
    const job = this.#job;
    if (affinities.length > 0 || job.spreads.length > 0 || group.spreads.length > 0) {
      const { nodeLimitForFeasibilityChecks } = this.#context.state.configuration;
      return Math.max(group.count ?? 1, nodeLimitForFeasibilityChecks || DEFAULT_FEASIBILITY_LIMIT);
    }
    if (job.type === 'batch') return 2;
    return Math.max(2, Math.ceil(Math.log2(Math.max(1, this.#nodes.length))));
  }
}
