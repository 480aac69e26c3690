import type { AllocMetric, Evaluation } from '@steppe/domain';
import { EVALUATION_WIRE } from '@steppe/domain';
import type { Random } from '@steppe/runtime';
import type { ClassFindings } from '../feasibility/feasibility.js';

export interface BlockedEvalOptions {
  readonly findings: ClassFindings;
  readonly failures: Readonly<Record<string, AllocMetric>>;
  readonly queued: Readonly<Record<string, number>>;
  /** Whether it was conflicts with other plans that kept allocations from being placed, rather than a lack of room. */
  readonly byConflicts?: boolean;
  /** For what is about one node. */
  readonly nodeId?: string;
}

/** What an evaluation learnt about nodes, for unblocking it. */
export const learnt = ({ eligibility, hasEscaped }: ClassFindings) => ({
  classEligibility: hasEscaped ? {} : eligibility,
  escapedComputedClass: hasEscaped,
});

/** An evaluation that waits for room for what another could not place. */
export function blockedEvalOf(parent: Evaluation, random: Random, options: BlockedEvalOptions): Evaluation {
  const { findings, failures, queued, byConflicts = false, nodeId = '' } = options;
  const { namespace, priority, type, jobId, jobModifyIndex } = parent;
  return {
    ...EVALUATION_WIRE.empty,
    id: random.uuid(),
    namespace,
    priority,
    type,
    jobId,
    jobModifyIndex,
    nodeId,
    triggeredBy: byConflicts ? 'max-plan-attempts' : 'queued-allocs',
    status: 'blocked',
    statusDescription: byConflicts ? 'created due to placement conflicts' : 'created to place remaining allocations',
    previousEval: parent.id,
    failedTgAllocs: failures,
    queuedAllocations: queued,
    ...learnt(findings),
  };
}
