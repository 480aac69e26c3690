import type { WireOf } from '../wire/wire-schema.js';
import { flag, integer, list, text, textMap, timestamp, unixTime, wireSchema } from '../wire/wire-schema.js';

/** Something that happened to a task. */
export const TASK_EVENT_WIRE = wireSchema({
  type: text('Type'),
  timeMs: unixTime('Time'),
  message: text('Message'),
  displayMessage: text('DisplayMessage'),
  details: textMap('Details'),
});
export type TaskEvent = WireOf<typeof TASK_EVENT_WIRE>;

/** How a task is doing, as its node tells it. */
export const TASK_STATE_WIRE = wireSchema({
  /** `pending`, `running` or `dead`. */
  state: text('State'),
  failed: flag('Failed'),
  restarts: integer('Restarts'),
  lastRestartMs: timestamp('LastRestart'),
  startedAtMs: timestamp('StartedAt'),
  finishedAtMs: timestamp('FinishedAt'),
  /** The newest, oldest of them first. */
  events: list('Events', TASK_EVENT_WIRE),
});
export type TaskState = WireOf<typeof TASK_STATE_WIRE>;
