import { anyMap, flag, integer, optional, text, unixTime, wireSchema } from '../wire/wire-schema.js';
import type { WireOf } from '../wire/wire-schema.js';

/** What somebody has told when they scaled a group of a job, or found that they could not. */
export const SCALING_EVENT_WIRE = wireSchema({
  /** Absent where nothing has changed. */
  count: optional(integer('Count')),
  previousCount: integer('PreviousCount'),
  error: flag('Error'),
  message: text('Message'),
  meta: anyMap('Meta'),
  /** Absent where nothing has changed. */
  evalId: optional(text('EvalID')),
  timeMs: unixTime('Time'),
  createIndex: integer('CreateIndex'),
});
export type ScalingEvent = WireOf<typeof SCALING_EVENT_WIRE>;
