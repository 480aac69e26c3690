import type { WireOf } from '../wire/wire-schema.js';
import { decimal, decimalMap, duration, integer, integerMap, list, text, wireSchema } from '../wire/wire-schema.js';

const NODE_SCORE_WIRE = wireSchema({
  nodeId: text('NodeID'),
  scores: decimalMap('Scores'),
  normScore: decimal('NormScore'),
});

/** What the search for a node for one allocation came across. */
export const ALLOC_METRIC_WIRE = wireSchema({
  nodesEvaluated: integer('NodesEvaluated'),
  nodesFiltered: integer('NodesFiltered'),
  nodesInPool: integer('NodesInPool'),
  nodePool: text('NodePool'),
  /** By datacenter. */
  nodesAvailable: integerMap('NodesAvailable'),
  classFiltered: integerMap('ClassFiltered'),
  constraintFiltered: integerMap('ConstraintFiltered'),
  nodesExhausted: integer('NodesExhausted'),
  classExhausted: integerMap('ClassExhausted'),
  dimensionExhausted: integerMap('DimensionExhausted'),
  /** The best of them. */
  scoreMetaData: list('ScoreMetaData', NODE_SCORE_WIRE),
  allocationTimeMs: duration('AllocationTime'),
  /** Further allocations of the group that failed likewise. */
  coalescedFailures: integer('CoalescedFailures'),
});
export type AllocMetric = WireOf<typeof ALLOC_METRIC_WIRE>;
export type NodeScore = WireOf<typeof NODE_SCORE_WIRE>;
