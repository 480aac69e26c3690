import type { Allocation, Evaluation, Job, Node, Plan, PlanResult, SchedulerConfiguration } from '@steppe/domain';
import { DEFAULT_SCHEDULER_CONFIGURATION, isTerminalEvaluation } from '@steppe/domain';
import type { Clock } from '@steppe/runtime';
import { pointlessAfter } from '../leader/eval-feed.js';
import type { RegionStore } from '../leader/region-store.js';
import { planWrites } from '../plan/plan-writes.js';
import type { AwaitIndexOptions } from '../state/await-index.js';
import { awaitIndex } from '../state/await-index.js';
import type { SchedulingState } from '../state/scheduling-state.js';

/** Told about each change, right after it. */
export interface RegionListener {
  onEvaluations?(evaluations: readonly Evaluation[], index: number): void;
  onAllocations?(allocations: readonly Allocation[], index: number): void;
  onNode?(node: Node, index: number): void;
}

interface Tables {
  readonly jobs: ReadonlyMap<string, Job>;
  readonly versions: ReadonlyMap<string, Job>;
  readonly nodes: ReadonlyMap<string, Node>;
  readonly allocations: ReadonlyMap<string, Allocation>;
  readonly evaluations: ReadonlyMap<string, Evaluation>;
}

const jobKey = (namespace: string, id: string): string => `${namespace}\0${id}`;

/** The tables of a region at one index. */
class MemoryState implements SchedulingState {
  readonly index: number;
  readonly placementIndex: number;
  readonly configuration: SchedulerConfiguration;
  readonly #tables: Tables;
  readonly #byJob = new Map<string, Allocation[]>();
  readonly #byNode = new Map<string, Allocation[]>();

  constructor(index: number, placementIndex: number, configuration: SchedulerConfiguration, tables: Tables) {
    this.index = index;
    this.placementIndex = placementIndex;
    this.configuration = configuration;
    this.#tables = tables;
    for (const allocation of tables.allocations.values()) {
      append(this.#byJob, jobKey(allocation.namespace, allocation.jobId), allocation);
      append(this.#byNode, allocation.nodeId, allocation);
    }
  }

  job(namespace: string, id: string): Job | undefined {
    return this.#tables.jobs.get(jobKey(namespace, id));
  }

  jobVersion(namespace: string, id: string, jobModifyIndex: number): Job | undefined {
    return this.#tables.versions.get(`${jobKey(namespace, id)}\0${jobModifyIndex}`);
  }

  evaluation(id: string): Evaluation | undefined {
    return this.#tables.evaluations.get(id);
  }

  allocationsOfJob(namespace: string, id: string): readonly Allocation[] {
    return this.#byJob.get(jobKey(namespace, id)) ?? [];
  }

  allocationsOfNode(nodeId: string): readonly Allocation[] {
    return this.#byNode.get(nodeId) ?? [];
  }

  nodes(): Iterable<Node> {
    return this.#tables.nodes.values();
  }

  node(id: string): Node | undefined {
    return this.#tables.nodes.get(id);
  }
}

/** A region's state in memory: what schedulers, leader and workers need of one, as one writer would keep it. */
export class MemoryRegion implements RegionStore {
  readonly #clock: Clock;
  readonly #listener: RegionListener;
  readonly #jobs = new Map<string, Job>();
  readonly #versions = new Map<string, Job>();
  readonly #nodes = new Map<string, Node>();
  readonly #allocations = new Map<string, Allocation>();
  readonly #evaluations = new Map<string, Evaluation>();
  #configuration = DEFAULT_SCHEDULER_CONFIGURATION;
  #index = 0;
  #placementIndex = 0;
  #state: MemoryState | undefined;

  constructor(clock: Clock, listener: RegionListener = {}) {
    this.#clock = clock;
    this.#listener = listener;
  }

  get index(): number {
    return this.#index;
  }

  /** The newest state. */
  state(): SchedulingState {
    this.#state ??= new MemoryState(this.#index, this.#placementIndex, this.#configuration, {
      jobs: new Map(this.#jobs),
      versions: new Map(this.#versions),
      nodes: new Map(this.#nodes),
      allocations: new Map(this.#allocations),
      evaluations: new Map(this.#evaluations),
    });
    return this.#state;
  }

  async stateAt(index: number, options: AwaitIndexOptions): Promise<SchedulingState> {
    await awaitIndex(index, () => this.#index, { ...options, clock: this.#clock });
    return this.state();
  }

  /** A new version of a job. @returns it as it is kept */
  writeJob(job: Job): Job {
    const index = this.#next();
    const known = this.#jobs.get(jobKey(job.namespace, job.id));
    const written = {
      ...job,
      version: known === undefined ? 0 : known.version + 1,
      createIndex: known?.createIndex ?? index,
      modifyIndex: index,
      jobModifyIndex: index,
    };
    this.#jobs.set(jobKey(job.namespace, job.id), written);
    this.#versions.set(`${jobKey(job.namespace, job.id)}\0${index}`, written);
    return written;
  }

  purgeJob(namespace: string, id: string): void {
    this.#next();
    this.#jobs.delete(jobKey(namespace, id));
  }

  writeNode(node: Node): void {
    this.#placementIndex = this.#next();
    this.#nodes.set(node.id, { ...node, modifyIndex: this.#index });
    this.#listener.onNode?.(node, this.#index);
  }

  removeNode(id: string): void {
    this.#placementIndex = this.#next();
    this.#nodes.delete(id);
  }

  /** What nodes tell of allocations, or anything else about them. */
  writeAllocations(allocations: readonly Allocation[]): void {
    this.#placementIndex = this.#next();
    for (const allocation of allocations) {
      this.#allocations.set(allocation.id, { ...allocation, modifyIndex: this.#index });
    }
    this.#listener.onAllocations?.(allocations, this.#index);
  }

  configure(changes: Partial<SchedulerConfiguration>): void {
    this.#next();
    this.#configuration = { ...this.#configuration, ...changes };
  }

  async writeEvaluations(evaluations: readonly Evaluation[]): Promise<void> {
    const index = this.#next();
    const all = evaluations.flatMap((each) => [each, ...pointlessAfter(each, this.evaluationsOf(each))]);
    const written = all.map((each) => {
      const createIndex = this.#evaluations.get(each.id)?.createIndex ?? index;
      const stamped = { ...each, createIndex, modifyIndex: index };
      this.#evaluations.set(each.id, stamped);
      return stamped;
    });
    this.#listener.onEvaluations?.(written, index);
  }

  async write(plan: Plan, result: PlanResult): Promise<number> {
    const writes = planWrites(this.state(), plan, result, this.#clock.now());
    const index = this.#next();
    this.#placementIndex = index;
    for (const allocation of writes) {
      const createIndex = this.#allocations.get(allocation.id)?.createIndex ?? index;
      this.#allocations.set(allocation.id, { ...allocation, createIndex, modifyIndex: index, allocModifyIndex: index });
    }
    const evaluation = this.#evaluations.get(plan.evalId);
    if (evaluation !== undefined) this.#evaluations.set(plan.evalId, { ...evaluation, modifyIndex: index });
    this.#listener.onAllocations?.(writes, index);
    return index;
  }

  evaluation(id: string): Evaluation | undefined {
    return this.#evaluations.get(id);
  }

  evaluations(): readonly Evaluation[] {
    return [...this.#evaluations.values()];
  }

  openEvaluations(): readonly Evaluation[] {
    return this.evaluations().filter((each) => !isTerminalEvaluation(each));
  }

  allocations(): readonly Allocation[] {
    return [...this.#allocations.values()];
  }

  jobEvalIndex(namespace: string, jobId: string): number {
    return Math.max(0, ...this.evaluationsOf({ namespace, jobId }).map(({ modifyIndex }) => modifyIndex));
  }

  evaluationsOf({ namespace, jobId }: Pick<Evaluation, 'namespace' | 'jobId'>): readonly Evaluation[] {
    return this.evaluations().filter((each) => each.namespace === namespace && each.jobId === jobId);
  }

  #next(): number {
    this.#state = undefined;
    this.#index += 1;
    return this.#index;
  }
}

function append<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
