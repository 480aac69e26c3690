import type { Evaluation } from '@steppe/domain';
import { EVALUATION_WIRE, isTerminalEvaluation } from '@steppe/domain';
import { defineTable, orderedNumber } from '../table/table.js';
import { UNINDEXED, wireCodec } from '../table/wire-codec.js';
import { jobKey } from './jobs.js';

/** By id. */
export const EVALUATIONS = defineTable<Evaluation>({
  name: 'evaluations',
  key: ({ id }) => id,
  codec: wireCodec(
    (row) => EVALUATION_WIRE.encodeSparse({ ...row, ...UNINDEXED }),
    (value) => EVALUATION_WIRE.decode(value, 'Evaluation'),
  ),
  indexes: {
    job: { values: ({ namespace, jobId }) => jobKey({ namespace, id: jobId }) },
    created: { values: ({ createIndex }) => orderedNumber(createIndex) },
    open: { values: (row) => (isTerminalEvaluation(row) ? undefined : 'true') },
  },
});
