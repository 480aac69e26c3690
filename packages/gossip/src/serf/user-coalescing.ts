import type { CoalesceStrategy } from './coalescer.js';
import type { UserEvent } from './serf-event.js';

/** Keeps, of each name, the events with the highest Lamport time. */
export class UserCoalescing implements CoalesceStrategy<UserEvent> {
  readonly #latest = new Map<string, UserEvent[]>();

  accepts(event: UserEvent): boolean {
    return event.coalesce;
  }

  collect(event: UserEvent): void {
    const held = this.#latest.get(event.name);
    const heldTime = held?.[0]?.lTime ?? -1;
    if (event.lTime > heldTime) this.#latest.set(event.name, [event]);
    else if (event.lTime === heldTime) held?.push(event);
  }

  take(): readonly UserEvent[] {
    const events = [...this.#latest.values()].flat();
    this.#latest.clear();
    return events;
  }
}
