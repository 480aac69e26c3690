import type { Evaluation, EvaluationTrigger, Job, JobKey, Node } from '@steppe/domain';
import { EVALUATION_WIRE } from '@steppe/domain';
import type { Random } from '@steppe/runtime';
import { isNodeOf } from '@steppe/scheduler';
import type { StateReader } from '@steppe/state';
import { ALLOCATIONS, jobKey, JOBS, NODES } from '@steppe/state';
import { jobOfRow, readJob } from '../scheduling/job-rows.js';

/** What an evaluation that a node gives rise to is about. */
export interface NodeEvaluationContext {
  readonly trigger: Extract<EvaluationTrigger, 'node-update' | 'node-drain'>;
  readonly nowMs: number;
  readonly random: Random;
}

/** A job may be gone while there are still allocations of it. */
const DEFAULT_PRIORITY = 50;

/** Evaluations of every job that has allocations on a node, and of every system job that could have. */
export function evaluationsOfNode(reader: StateReader, node: Node, context: NodeEvaluationContext): Evaluation[] {
  const jobs = new Map<string, JobKey>();
  for (const { namespace, jobId } of reader.find(ALLOCATIONS, 'node', node.id)) {
    const key = { namespace, id: jobId };
    jobs.set(jobKey(key), key);
  }
  return [...withSystemJobs(reader, node, jobs).values()].map((key) => evaluationFor(reader, node, key, context));
}

/** Evaluations of the system jobs that could have allocations on a node. */
export function systemEvaluationsOfNode(reader: StateReader, node: Node, context: NodeEvaluationContext): Evaluation[] {
  const jobs = withSystemJobs(reader, node, new Map());
  return [...jobs.values()].map((key) => evaluationFor(reader, node, key, context));
}

function withSystemJobs(reader: StateReader, node: Node, jobs: Map<string, JobKey>): Map<string, JobKey> {
  for (const row of reader.rows(JOBS)) {
    const job = jobOfRow(reader, row);
    if (job.type === 'system' && !job.stop && isNodeOf(node, job)) jobs.set(jobKey(job), job);
  }
  return jobs;
}

/** An evaluation of one job on account of a node. */
export function evaluationFor(
  reader: StateReader,
  node: Pick<Node, 'id'>,
  key: JobKey,
  { trigger, nowMs, random }: NodeEvaluationContext,
): Evaluation {
  const job: Job | undefined = readJob(reader, key);
  return {
    ...EVALUATION_WIRE.empty,
    id: random.uuid(),
    namespace: key.namespace,
    priority: job?.priority ?? DEFAULT_PRIORITY,
    type: job?.type ?? 'service',
    triggeredBy: trigger,
    jobId: key.id,
    jobModifyIndex: job?.jobModifyIndex ?? 0,
    nodeId: node.id,
    nodeModifyIndex: reader.get(NODES, node.id)?.modifyIndex ?? 0,
    status: 'pending',
    createTimeMs: nowMs,
    modifyTimeMs: nowMs,
  };
}
