import type { Allocation } from '@steppe/domain';
import { ALLOCATION_WIRE } from '@steppe/domain';
import { defineTable, orderedNumber } from '../table/table.js';
import { UNINDEXED, wireCodec } from '../table/wire-codec.js';
import { jobKey } from './jobs.js';

/** The field of stored rows that the API does not show. */
const JOB_MODIFY_INDEX = 'JobModifyIndex';

/** By id. */
export const ALLOCATIONS = defineTable<Allocation>({
  name: 'allocations',
  key: ({ id }) => id,
  codec: wireCodec(
    (row) => ({
      ...ALLOCATION_WIRE.encodeSparse({ ...row, ...UNINDEXED }),
      [JOB_MODIFY_INDEX]: row.jobModifyIndex,
    }),
    (value) => ({
      ...ALLOCATION_WIRE.decode(value, 'Allocation'),
      jobModifyIndex: (value as Readonly<Record<string, number>>)[JOB_MODIFY_INDEX] ?? 0,
    }),
  ),
  indexes: {
    job: { values: ({ namespace, jobId }) => jobKey({ namespace, id: jobId }) },
    node: { values: ({ nodeId }) => nodeId },
    evaluation: { values: ({ evalId }) => evalId },
    created: { values: ({ createIndex }) => orderedNumber(createIndex) },
  },
});
