import type { Evaluation } from '@steppe/domain';
import { EVALUATION_WIRE } from '@steppe/domain';

/** A pending evaluation of the service job `web`, with the given changes. */
export const evaluationOf = (id: string, changes: Partial<Evaluation> = {}): Evaluation => ({
  ...EVALUATION_WIRE.empty,
  id,
  namespace: 'default',
  jobId: 'web',
  type: 'service',
  priority: 50,
  triggeredBy: 'job-register',
  status: 'pending',
  createIndex: 1,
  modifyIndex: 1,
  ...changes,
});
