import type { Allocation, Evaluation, Node } from '@steppe/domain';
import { isClientTerminal } from '@steppe/domain';
import type { BlockedEvals } from '../blocked/blocked-evals.js';
import type { EvalBroker } from '../broker/eval-broker.js';

/**
 * Keeps broker and tracker of the leader going with what is written into the state: they are never fed directly, so that
 * another leader can do the same.
 * @see spec "Statuses and priorities" and "Blocked evaluations" of scheduling
 */
export class EvalFeed {
  readonly #broker: EvalBroker;
  readonly #blocked: BlockedEvals;

  constructor({ broker, blocked }: { readonly broker: EvalBroker; readonly blocked: BlockedEvals }) {
    this.#broker = broker;
    this.#blocked = blocked;
  }

  /** Evaluations are in the state. */
  written(evaluations: Iterable<Evaluation>): void {
    for (const evaluation of evaluations) {
      if (evaluation.status === 'pending') this.#broker.enqueue(evaluation);
      // While a worker has it, it says itself whether it is to stay blocked.
      else if (evaluation.status === 'blocked' && !this.#isInHand(evaluation)) this.#blocked.block(evaluation);
      else if (endsWaiting(evaluation)) this.#blocked.untrack(evaluation.namespace, evaluation.jobId);
    }
  }

  /**
   * All evaluations of the state, once the server leads and broker and tracker are enabled. What has blocked ones waited for
   * may have come while nobody kept track: when nodes or allocations have changed since they looked, they are tried again.
   * @param placementIndex - of the newest change to nodes or allocations
   */
  restore(evaluations: Iterable<Evaluation>, placementIndex: number): void {
    for (const evaluation of evaluations) {
      if (evaluation.status === 'blocked' && evaluation.snapshotIndex < placementIndex)
        this.#broker.enqueue(evaluation);
      else if (evaluation.status === 'pending' || evaluation.status === 'blocked') this.written([evaluation]);
    }
  }

  /** A node can take allocations, or more of them than before. @param index - of the state in which it can */
  roomOn({ id, computedClass }: Node, index: number): void {
    this.#blocked.unblockClass(computedClass, index);
    this.#blocked.unblockNode(id);
  }

  /** A node has told about an allocation. @param node - on which it is */
  reported(allocation: Allocation, node: Node, index: number): void {
    if (isClientTerminal(allocation)) this.roomOn(node, index);
  }

  /** A job has been stopped or purged: what it has too little room for no longer matters. */
  jobEnded(namespace: string, jobId: string): void {
    this.#blocked.untrack(namespace, jobId);
  }

  #isInHand({ id }: Evaluation): boolean {
    return this.#broker.outstanding(id) !== undefined;
  }
}

const endsWaiting = ({ status, failedTgAllocs }: Evaluation): boolean =>
  status === 'complete' && Object.keys(failedTgAllocs).length === 0;

/**
 * The blocked evaluations of a job that one of its evaluations makes pointless: to be written with it.
 * @param others - evaluations of the same job
 */
export function pointlessAfter(evaluation: Evaluation, others: Iterable<Evaluation>): readonly Evaluation[] {
  if (!endsWaiting(evaluation)) return [];
  return [...others]
    .filter(({ id, status }) => id !== evaluation.id && status === 'blocked')
    .map((blocked) => ({
      ...blocked,
      status: 'canceled',
      statusDescription: `evaluation "${evaluation.id}" successful`,
      modifyTimeMs: evaluation.modifyTimeMs,
    }));
}
