import type { WireOf } from '../wire/wire-schema.js';
import { flag, integer, object, optional, text, textMap, wireSchema } from '../wire/wire-schema.js';

const SCHEDULER_WIRE = wireSchema({
  /** Empty: the region's. */
  algorithm: text('SchedulerAlgorithm'),
  /** `undefined`: the region's. */
  memoryOversubscription: optional(flag('MemoryOversubscriptionEnabled')),
});

/** Nodes that are set apart from others. */
export const NODE_POOL_WIRE = wireSchema({
  name: text('Name'),
  description: text('Description'),
  meta: textMap('Meta'),
  /** What schedulers do differently on its nodes. */
  schedulerConfiguration: object('SchedulerConfiguration', SCHEDULER_WIRE),
  createIndex: integer('CreateIndex'),
  modifyIndex: integer('ModifyIndex'),
});
export type NodePool = WireOf<typeof NODE_POOL_WIRE>;

/** The pool of nodes and jobs that name none. */
export const DEFAULT_NODE_POOL = 'default';
/** Stands for every pool: jobs may name it, nodes may not. */
export const ALL_NODE_POOL = 'all';
/** They always exist and cannot be changed. */
export const BUILT_IN_NODE_POOLS: readonly string[] = [ALL_NODE_POOL, DEFAULT_NODE_POOL];
