import type { Allocation, ClientStatus, Evaluation, EvaluationTrigger, TaskState } from '@steppe/domain';
import { EVALUATION_WIRE, isClientTerminal, isServerTerminal, SteppeError } from '@steppe/domain';
import type { Clock, Random, Timer } from '@steppe/runtime';
import { isReplaceable } from '@steppe/scheduler';
import type { StateStore, StateTransaction } from '@steppe/state';
import { ALLOCATIONS, jobKey, NODES } from '@steppe/state';
import { inParts } from '../scheduling/in-parts.js';
import { jobVersion, readJob } from '../scheduling/job-rows.js';
import { putEvaluations, putReportedAllocations } from '../scheduling/region-writes.js';
import type { NodeCredentials } from './node-allocations.js';
import { demandNodeSecret } from './node-registry.js';

/** How an allocation is doing, as its node tells it. */
export interface AllocReport {
  readonly id: string;
  readonly clientStatus: ClientStatus;
  readonly clientDescription: string;
  readonly taskStates: Readonly<Record<string, TaskState>>;
}

export interface AllocReportsDeps {
  readonly state: StateStore;
  readonly clock: Clock;
  readonly random: Random;
}

interface Reported {
  readonly nodeId: string;
  readonly report: AllocReport;
}

/** Reports that come within this time are written together, milliseconds. */
const WINDOW_MS = 50;
const STATUSES: readonly string[] = ['pending', 'running', 'complete', 'failed', 'unknown'] satisfies ClientStatus[];
const DEFAULT_PRIORITY = 50;

/**
 * Takes in what client nodes report of their allocations, and has jobs reconsidered where that matters.
 * @see spec "Client side: status updates" of scheduling
 */
export class AllocReports {
  readonly #deps: AllocReportsDeps;
  #waiting: Reported[] = [];
  #timer: Timer | undefined;
  #written: Promise<void> = Promise.resolve();

  constructor(deps: AllocReportsDeps) {
    this.#deps = deps;
  }

  /** Resolves when it is in the state. @throws ALLOC_REPORT_INVALID, NODE_SECRET_MISMATCH, and what a transaction throws */
  report(node: NodeCredentials, reports: readonly AllocReport[]): Promise<void> {
    const { state, clock } = this.#deps;
    if (reports.length === 0) throw invalid('must update at least one allocation');
    if (node.id === '') throw invalid('missing node ID');
    const known = state.snapshot().get(NODES, node.id);
    if (known === undefined) throw invalid(`node ${node.id} not found`);
    demandNodeSecret(state.snapshot(), node.id, node.secret);
    if (known.status === 'down' || known.status === 'disconnected') {
      throw invalid(`node ${node.id} is not allowed to update allocs while in status ${known.status}`);
    }
    for (const { id, clientStatus } of reports) {
      if (!STATUSES.includes(clientStatus)) throw invalid(`allocation ${id} has an invalid status: ${clientStatus}`);
    }
    this.#waiting.push(...reports.map((report) => ({ nodeId: node.id, report })));
    if (this.#timer === undefined) {
      this.#written = new Promise((resolve, reject) => {
        this.#timer = clock.setTimer(WINDOW_MS, () => {
          this.#timer = undefined;
          this.#write(this.#waiting.splice(0)).then(resolve, reject);
        });
      });
    }
    return this.#written;
  }

  async #write(reported: readonly Reported[]): Promise<void> {
    const { state } = this.#deps;
    await inParts(reported, async (part) => (await state.transact((tx) => this.#apply(tx, part))).index);
  }

  #apply(tx: StateTransaction, reported: readonly Reported[]): void {
    const { clock, random } = this.#deps;
    const nowMs = clock.now();
    const evaluations = new Map<string, Evaluation>();
    const nodes = new Set<string>();
    for (const { nodeId, report } of reported) {
      const before = tx.get(ALLOCATIONS, report.id);
      // It may have been collected; and nobody speaks for the allocations of others.
      if (before === undefined || before.nodeId !== nodeId) continue;
      const { id: _, ...told } = report;
      const after = { ...before, ...told, modifyTimeMs: nowMs };
      putReportedAllocations(tx, [after]);
      nodes.add(nodeId);
      const triggeredBy = triggerOf(tx, before, after);
      const key = { namespace: after.namespace, id: after.jobId };
      if (triggeredBy === undefined || evaluations.has(jobKey(key))) continue;
      const job = readJob(tx, key);
      evaluations.set(jobKey(key), {
        ...EVALUATION_WIRE.empty,
        id: random.uuid(),
        namespace: key.namespace,
        priority: job?.priority ?? DEFAULT_PRIORITY,
        type: job?.type ?? 'service',
        triggeredBy,
        jobId: key.id,
        jobModifyIndex: job?.jobModifyIndex ?? 0,
        status: 'pending',
        createTimeMs: nowMs,
        modifyTimeMs: nowMs,
      });
    }
    for (const id of nodes) {
      const node = tx.get(NODES, id);
      // Only after missed heartbeats does anybody ask when it has last told anything.
      const { lastMissedHeartbeatIndex = 0, lastAllocUpdateIndex = 0 } = node ?? {};
      if (node !== undefined && lastMissedHeartbeatIndex > 0 && lastMissedHeartbeatIndex >= lastAllocUpdateIndex) {
        tx.put(NODES, { ...node, lastAllocUpdateIndex: tx.index });
      }
    }
    putEvaluations(tx, [...evaluations.values()]);
  }
}

/** Why a job has to be reconsidered because of what became of one of its allocations, if it has. */
function triggerOf(tx: StateTransaction, before: Allocation, after: Allocation): EvaluationTrigger | undefined {
  const key = { namespace: after.namespace, id: after.jobId };
  const isLive = !isClientTerminal(after) && !isServerTerminal(after);
  if (readJob(tx, key) === undefined) return isLive ? 'job-deregister' : undefined;
  if (before.clientStatus === 'unknown' && after.clientStatus !== 'unknown') return 'reconnect';
  if (after.clientStatus !== 'failed' || before.clientStatus === 'failed' || after.followupEvalId !== '')
    return undefined;
  if (isServerTerminal(after)) return undefined;
  const job = jobVersion(tx, key, after.jobModifyIndex);
  const policy = job?.taskGroups.find(({ name }) => name === after.taskGroup)?.reschedulePolicy;
  return isReplaceable(after, policy) ? 'alloc-failure' : undefined;
}

const invalid = (message: string): SteppeError => new SteppeError({ code: 'ALLOC_REPORT_INVALID' }, message);
