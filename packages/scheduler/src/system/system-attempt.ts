import type { AllocMetric, Job } from '@steppe/domain';
import type { Random } from '@steppe/runtime';
import type { AttemptOptions } from '../evaluation/attempt.js';
import { Attempt } from '../evaluation/attempt.js';
import { newAllocation } from '../placement/new-allocation.js';
import { mergedMetric } from '../placement/placement-metric.js';
import type { WantedOnNode } from '../reconcile/system-reconcile.js';
import { reconcileSystem } from '../reconcile/system-reconcile.js';

/** One try at a plan for a system or sysbatch job, on one state. */
export class SystemAttempt {
  readonly books: Attempt;
  /** By node id and group: why nodes that would do are too full. */
  readonly full = new Map<string, Map<string, AllocMetric>>();
  readonly #random: Random;
  /** By group: what was said of nodes that will not do. */
  readonly #filtered = new Map<string, AllocMetric>();
  /** Groups of which there is something somewhere. */
  readonly #present = new Set<string>();

  /** Looks at what there is on each node and gives it what there should be. */
  constructor(options: AttemptOptions, { random }: { readonly random: Random }) {
    this.books = new Attempt(options);
    this.#random = random;
    const { job } = this.books;
    // Its job has been stopped and is back as one for another scheduler, which has an evaluation of its own.
    const isForOthers = job?.stop === false && job.type !== 'system' && job.type !== 'sysbatch';
    if (!isForOthers) this.#make();
  }

  /** By group: why allocations could not be placed. That some nodes will not do is no failure, as long as others do. */
  get failures(): Readonly<Record<string, AllocMetric>> {
    const failures = new Map<string, AllocMetric>();
    for (const groups of this.full.values()) {
      for (const [group, metric] of groups) {
        const known = failures.get(group);
        failures.set(
          group,
          known === undefined ? metric : { ...known, coalescedFailures: known.coalescedFailures + 1 },
        );
      }
    }
    for (const [group, metric] of this.#filtered) {
      if (!this.#present.has(group) && !failures.has(group)) failures.set(group, metric);
    }
    return Object.fromEntries(failures);
  }

  #make(): void {
    const { books } = this;
    const { state, nowMs, followUps } = books.options;
    const { job, context } = books;
    const { stops, notes, inPlace, wanted, running } = reconcileSystem({
      job,
      allocations: books.allocations,
      nowMs,
      nodes: state.nodes(),
      node: (id) => state.node(id),
      jobOf: (allocation) => books.jobOf(allocation),
      canStay: (allocation, group) => books.canStay(allocation, group),
      followUps,
    });
    for (const group of running) this.#present.add(group);
    for (const { allocation, stop } of stops) context.stop(allocation, stop);
    for (const allocation of notes) context.place(allocation);
    if (job === undefined) return;
    for (const allocation of inPlace) books.updateInPlace(allocation, job);
    for (const each of wanted) this.#place(each, job);
  }

  #place({ node, group, name, previous, previousStop }: WantedOnNode, job: Job): void {
    const { books } = this;
    const { context, options } = books;
    if (previous !== undefined && previousStop !== undefined) context.stop(previous, previousStop);
    const found = books.stack(job).selectOn(node, group);
    if (found.node === undefined) {
      if (previous !== undefined && previousStop !== undefined) {
        context.unstop(previous);
        this.#present.add(group.name);
      }
      if (found.isFiltered) this.#filter(group.name, found.metric);
      else {
        books.want(group);
        this.#fill(node.id, group.name, found.metric);
      }
      return;
    }
    books.want(group);
    this.#present.add(group.name);
    const fresh = { id: this.#random.uuid(), name, evalId: options.evaluation.id, group, found };
    books.place({ ...newAllocation(fresh, job), previousAllocation: previous?.id ?? '' });
  }

  #filter(group: string, metric: AllocMetric): void {
    const known = this.#filtered.get(group);
    this.#filtered.set(group, known === undefined ? metric : mergedMetric(known, metric));
  }

  #fill(nodeId: string, group: string, metric: AllocMetric): void {
    const groups = this.full.get(nodeId) ?? new Map<string, AllocMetric>();
    this.full.set(nodeId, groups.set(group, metric));
  }
}
