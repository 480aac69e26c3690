import type { Allocation } from '@steppe/domain';
import { STORED_ALLOCATION_WIRE } from '@steppe/domain';
import { defineTable, orderedNumber } from '../table/table.js';
import { schemaCodec } from '../table/wire-codec.js';
import { jobKey } from './jobs.js';

/** By id. */
export const ALLOCATIONS = defineTable<Allocation>({
  name: 'allocations',
  key: ({ id }) => id,
  codec: schemaCodec(STORED_ALLOCATION_WIRE, 'Allocation', { sparse: true }),
  writeIndex: 'allocModifyIndex',
  indexes: {
    job: { values: ({ namespace, jobId }) => jobKey({ namespace, id: jobId }) },
    node: { values: ({ nodeId }) => nodeId },
    evaluation: { values: ({ evalId }) => evalId },
    created: { values: ({ createIndex }) => orderedNumber(createIndex) },
  },
});
