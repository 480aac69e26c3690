import type { Allocation, Evaluation, JobKey } from '@steppe/domain';
import { pointlessAfter } from '@steppe/scheduler';
import type { Indexed, PreparedRow, StateStore, StateTransaction } from '@steppe/state';
import { ALLOCATIONS, EVALUATIONS, jobKey, prepareRow } from '@steppe/state';
import { inParts } from './in-parts.js';
import { evaluationsOfJob, refreshJobStatus } from './job-rows.js';

/** Writes evaluations, the blocked ones that they make pointless, and where that leaves their jobs. */
export function putEvaluations(tx: StateTransaction, evaluations: readonly Evaluation[]): void {
  for (const evaluation of evaluations) {
    const others = [...evaluationsOfJob(tx, { namespace: evaluation.namespace, id: evaluation.jobId })];
    for (const each of [evaluation, ...pointlessAfter(evaluation, others)]) tx.put(EVALUATIONS, each);
  }
  refreshJobsOf(tx, evaluations);
}

/** An allocation as servers want it: its node is told of it by the index of this write. */
export const asDesired = (allocation: Allocation): Allocation => ({ ...allocation, allocModifyIndex: 0 });

/**
 * Writes allocations as servers want them, which their nodes are told of, and where that leaves their jobs.
 * @param prepared - rows of some of them, which have been made `asDesired` before
 */
export function putDesiredAllocations(
  tx: StateTransaction,
  allocations: readonly Allocation[],
  prepared: ReadonlyMap<Allocation, PreparedRow<Allocation>> = new Map(),
): void {
  for (const allocation of allocations) {
    tx.putPrepared(prepared.get(allocation) ?? prepareRow(ALLOCATIONS, asDesired(allocation)));
  }
  refreshJobsOf(tx, allocations);
}

/** Writes allocations as their nodes report them, and where that leaves their jobs. */
export function putReportedAllocations(tx: StateTransaction, allocations: readonly Allocation[]): void {
  for (const allocation of allocations) tx.put(ALLOCATIONS, allocation);
  refreshJobsOf(tx, allocations);
}

/** Evaluations written with the change they are on account of; more might be too large for the engine. */
const WITH_CHANGE = 50;

/**
 * Changes something and writes the evaluations that this gives rise to: those that fit together with it, the others right
 * after it.
 * @returns index of the change, and the evaluations
 */
export async function transactWithEvaluations(
  state: StateStore,
  change: (tx: StateTransaction) => readonly Evaluation[],
): Promise<Indexed<readonly Evaluation[]>> {
  const { index, value: evaluations } = await state.transact((tx) => {
    const asked = change(tx);
    putEvaluations(tx, asked.slice(0, WITH_CHANGE));
    return asked;
  });
  await writeEvaluations(state, evaluations.slice(WITH_CHANGE));
  return { index, value: evaluations };
}

/** Writes evaluations, as one change where the engine can. */
export async function writeEvaluations(state: StateStore, evaluations: readonly Evaluation[]): Promise<void> {
  await inParts(evaluations, async (part) => (await state.transact((tx) => putEvaluations(tx, part))).index);
}

function refreshJobsOf(tx: StateTransaction, things: readonly { namespace: string; jobId: string }[]): void {
  const jobs = new Map<string, JobKey>();
  for (const { namespace, jobId } of things) jobs.set(jobKey({ namespace, id: jobId }), { namespace, id: jobId });
  for (const key of jobs.values()) refreshJobStatus(tx, key);
}
