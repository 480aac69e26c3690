import type { JobKey, ScalingEvent } from '@steppe/domain';
import type { StateReader, StateTransaction } from '@steppe/state';
import { jobKey, SCALING_EVENTS, scalingEventsKey } from '@steppe/state';

/** Nomad: so many are kept of a group. */
const KEPT_EVENTS = 20;

/** What has been told of the scaling of a group, the newest first. */
export function scalingEvents(reader: StateReader, job: JobKey, group: string): readonly ScalingEvent[] {
  const row = reader.get(SCALING_EVENTS, scalingEventsKey(job, group));
  if (row === undefined) return [];
  return row.events.map((event) => (event.createIndex === 0 ? { ...event, createIndex: row.modifyIndex } : event));
}

/** Adds an event to those of its group. */
export function putScalingEvent(
  tx: StateTransaction,
  { namespace, id }: JobKey,
  group: string,
  event: Omit<ScalingEvent, 'createIndex'>,
): void {
  const job = { namespace, id };
  const events = [{ ...event, createIndex: 0 }, ...scalingEvents(tx, job, group)].slice(0, KEPT_EVENTS);
  tx.put(SCALING_EVENTS, { ...job, group, events });
}

/** Forgets all of a job. */
export function deleteScalingEvents(tx: StateTransaction, job: JobKey): void {
  const rows = [...tx.find(SCALING_EVENTS, 'job', jobKey(job))];
  for (const { group } of rows) {
    tx.delete(SCALING_EVENTS, scalingEventsKey(job, group));
  }
}
