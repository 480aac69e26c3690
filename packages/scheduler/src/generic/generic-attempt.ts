import type { AllocMetric, Allocation, Job, Node } from '@steppe/domain';
import { isServerTerminal } from '@steppe/domain';
import type { Random } from '@steppe/runtime';
import type { AttemptOptions } from '../evaluation/attempt.js';
import { Attempt } from '../evaluation/attempt.js';
import { isNodeOf, isReady } from '../placement/candidate-nodes.js';
import { newAllocation } from '../placement/new-allocation.js';
import type { Wanted } from '../reconcile/reconciliation.js';
import { reconcile } from '../reconcile/reconcile.js';
import { trackerOfReplacement } from '../reconcile/reschedule.js';

/** One try at a plan for a service or batch job, on one state. */
export class GenericAttempt {
  readonly books: Attempt;
  readonly #random: Random;
  readonly #failures = new Map<string, AllocMetric>();

  /** Looks at what there is and finds nodes for what there should be. */
  constructor(options: AttemptOptions, { random }: { readonly random: Random }) {
    this.books = new Attempt(options);
    this.#random = random;
    const { job } = this.books;
    // Its job has been stopped and is back as one for another scheduler, which has an evaluation of its own.
    const isForOthers = job?.stop === false && job.type !== 'service' && job.type !== 'batch';
    if (!isForOthers) this.#make();
  }

  /** By group: why an allocation could not be placed. */
  get failures(): Readonly<Record<string, AllocMetric>> {
    return Object.fromEntries(this.#failures);
  }

  #make(): void {
    const { books } = this;
    const { state, evaluation, nowMs, followUps } = books.options;
    const { job, context } = books;
    const { stops, notes, inPlace, wanted } = reconcile({
      job,
      allocations: books.allocations,
      evalId: evaluation.id,
      nowMs,
      node: (id) => state.node(id),
      evaluation: (id) => state.evaluation(id),
      jobOf: (allocation) => books.jobOf(allocation),
      canStay: (allocation, group) => books.canStay(allocation, group),
      followUps,
    });
    for (const { allocation, stop } of stops) context.stop(allocation, stop);
    for (const allocation of notes) context.place(allocation);
    if (job === undefined) return;
    for (const { allocation } of inPlace) books.updateInPlace(allocation, job);
    for (const each of wanted) this.#place(each, job);
  }

  #place(wanted: Wanted, job: Job): void {
    const { group, previous, previousStop } = wanted;
    const { context, options } = this.books;
    this.books.want(group);
    const failed = this.#failures.get(group.name);
    if (failed !== undefined) {
      this.#failures.set(group.name, { ...failed, coalescedFailures: failed.coalescedFailures + 1 });
      return;
    }
    const ending = previous === undefined || isServerTerminal(previous) ? undefined : previousStop;
    if (previous !== undefined && ending !== undefined) context.stop(previous, ending);
    const found = this.books.stack(job).select(group, {
      penaltyNodes: penaltyNodes(wanted),
      preferredNode: this.#preferredNode(wanted, job),
    });
    if (found.node === undefined) {
      this.#failures.set(group.name, found.metric);
      if (previous !== undefined && ending !== undefined) context.unstop(previous);
      if (previous !== undefined && wanted.isReschedule) this.#noteNoPlacement(previous);
      return;
    }
    const { evaluation, nowMs } = options;
    const fresh = { id: this.#random.uuid(), name: wanted.name, evalId: evaluation.id, group, found };
    this.books.place({
      ...newAllocation(fresh, job),
      previousAllocation: previous?.id ?? '',
      rescheduleTracker: trackerOf(wanted, nowMs),
    });
  }

  /** Where its data is, if that is to be kept. */
  #preferredNode({ group, previous }: Wanted, job: Job): Node | undefined {
    if (previous === undefined || group.ephemeralDisk?.sticky !== true) return undefined;
    const node = this.books.options.state.node(previous.nodeId);
    return node !== undefined && isReady(node) && isNodeOf(node, job) ? node : undefined;
  }

  /** That it was tried to replace one that failed; once. */
  #noteNoPlacement(previous: Allocation): void {
    const tracker = previous.rescheduleTracker ?? { events: [], lastReschedule: '' };
    if (tracker.lastReschedule === NO_PLACEMENT) return;
    this.books.context.place({ ...previous, rescheduleTracker: { ...tracker, lastReschedule: NO_PLACEMENT } });
  }
}

const NO_PLACEMENT = 'no placement';

function penaltyNodes({ previous, isReschedule }: Wanted): ReadonlySet<string> {
  if (!isReschedule || previous === undefined) return new Set();
  const events = previous.rescheduleTracker?.events ?? [];
  return new Set([previous.nodeId, ...events.map(({ previousNodeId }) => previousNodeId)]);
}

/** A replacement of what did not fail itself goes on with the count of failures, unless it is something new. */
function trackerOf(
  { group, previous, isReschedule, previousStop }: Wanted,
  nowMs: number,
): Allocation['rescheduleTracker'] {
  if (previous === undefined) return undefined;
  if (isReschedule) return trackerOfReplacement(previous, group.reschedulePolicy, nowMs);
  return previousStop === undefined ? previous.rescheduleTracker : undefined;
}
