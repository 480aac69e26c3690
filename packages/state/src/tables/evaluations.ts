import type { Evaluation } from '@steppe/domain';
import { EVALUATION_WIRE, isTerminalEvaluation } from '@steppe/domain';
import { defineTable, orderedNumber } from '../table/table.js';
import { schemaCodec } from '../table/wire-codec.js';
import { jobKey } from './jobs.js';

/** By id. */
export const EVALUATIONS = defineTable<Evaluation>({
  name: 'evaluations',
  key: ({ id }) => id,
  codec: schemaCodec(EVALUATION_WIRE, 'Evaluation', { sparse: true }),
  indexes: {
    job: { values: ({ namespace, jobId }) => jobKey({ namespace, id: jobId }) },
    created: { values: ({ createIndex }) => orderedNumber(createIndex) },
    open: { values: (row) => (isTerminalEvaluation(row) ? undefined : 'true') },
  },
});
