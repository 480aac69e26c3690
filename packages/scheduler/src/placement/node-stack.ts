import type { AllocatedPort, AllocatedResources, AllocMetric, Job, Node, TaskGroup } from '@steppe/domain';
import { isTerminalAllocation, totalsOf } from '@steppe/domain';
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
  readonly #askedBy = new Map<TaskGroup, Capacity>();
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
    const best = preferred ?? this.#best(this.#fromOffset(), group, options, metric, this.#limit(group));
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

  /** What an allocation of a group takes of any node. */
  #asked(group: TaskGroup): Capacity {
    let asked = this.#askedBy.get(group);
    if (asked === undefined) {
      asked = totalsOf(resourcesOf(group, [], this.#context.state.configuration));
      this.#askedBy.set(group, asked);
    }
    return asked;
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
    const { allocations: proposed, used: others } = this.#context.proposedOn(node.id);
    const ports = assignPorts(node, group, { proposed, random: this.#random });
    if (typeof ports === 'string') {
      metric.exhaust(node, ports);
      return undefined;
    }
    const own = this.#asked(group);
    const used = {
      cpuShares: others.cpuShares + own.cpuShares,
      memoryMb: others.memoryMb + own.memoryMb,
      diskMb: others.diskMb + own.diskMb,
    };
    const capacity = capacityOf(node);
    const dimension = exhaustedDimension(used, capacity);
    if (dimension !== undefined) {
      metric.exhaust(node, dimension);
      return undefined;
    }
    const collisions = proposed.filter(
      (each) =>
        each.namespace === this.#job.namespace &&
        each.jobId === this.#job.id &&
        each.taskGroup === group.name &&
        !isTerminalAllocation(each),
    ).length;
    const options = { job: this.#job, group, penaltyNodes, antiAffinity, spreads };
    const scored = scoreNode(node, { used, capacity, collisions }, this.#context, options);
    metric.score({
      nodeId: node.id,
      scores: { ...scored.scores, 'normalized-score': scored.score },
      normScore: scored.score,
    });
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

  #limit(group: TaskGroup): number {
    const job = this.#job;
    if (affinitiesOf(job, group).length > 0 || job.spreads.length > 0 || group.spreads.length > 0) {
      const { nodeLimitForFeasibilityChecks } = this.#context.state.configuration;
      return Math.max(group.count ?? 1, nodeLimitForFeasibilityChecks || DEFAULT_FEASIBILITY_LIMIT);
    }
    if (job.type === 'batch') return 2;
    return Math.max(2, Math.ceil(Math.log2(Math.max(1, this.#nodes.length))));
  }
}
