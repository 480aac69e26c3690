import type { TaskRestart, TaskSignal } from '@steppe/client';
import { flag, text, wireSchema } from '@steppe/domain';
import { apiError } from '../../http/api-error.js';
import { jsonBody } from '../../http/request/json-body.js';

const RESTART_WIRE = wireSchema({ task: text('TaskName'), allTasks: flag('AllTasks') });

/**
 * The body of `/v1/client/allocation/:id/restart`; an empty one means every task that runs.
 * @throws BODY_INVALID, FIELD_INVALID, ALLOC_RESTART_CONFLICT
 */
export function decodeRestart(body: Buffer): TaskRestart {
  if (body.length === 0) return RESTART_WIRE.empty;
  const restart = RESTART_WIRE.decode(jsonBody(body), 'Request');
  if (restart.allTasks && restart.task !== '') throw apiError('ALLOC_RESTART_CONFLICT', restart.task);
  return restart;
}

const SIGNAL_WIRE = wireSchema({ task: text('Task'), signal: text('Signal') });

/** The body of `/v1/client/allocation/:id/signal`. @throws BODY_EMPTY, BODY_INVALID, FIELD_INVALID, ALLOC_SIGNAL_MISSING */
export function decodeSignal(body: Buffer): TaskSignal {
  const request = SIGNAL_WIRE.decode(jsonBody(body), 'Request');
  if (request.signal === '') throw apiError('ALLOC_SIGNAL_MISSING');
  return request;
}
