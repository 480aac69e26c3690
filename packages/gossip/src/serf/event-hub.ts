import { errorMessage } from '@steppe/domain';
import type { Clock, Logger } from '@steppe/runtime';
import type { CoalesceTiming } from './coalescer.js';
import { Coalescer } from './coalescer.js';
import { MemberCoalescing } from './member-coalescing.js';
import type { MemberEvent, SerfEvent, UserEvent } from './serf-event.js';
import { UserCoalescing } from './user-coalescing.js';

export interface EventHubOptions {
  readonly memberCoalescing: CoalesceTiming;
  readonly userCoalescing: CoalesceTiming;
}

/** Brings events to the application, bursts of them put together when that is wanted. */
export class EventHub {
  readonly #logger: Logger;
  readonly #listeners = new Set<(event: SerfEvent) => void>();
  readonly #members: Coalescer<MemberEvent>;
  readonly #users: Coalescer<UserEvent>;

  constructor(options: EventHubOptions, { clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#logger = logger;
    const emit = (event: SerfEvent): void => this.#tell(event);
    this.#members = new Coalescer(options.memberCoalescing, { strategy: new MemberCoalescing(), clock, emit });
    this.#users = new Coalescer(options.userCoalescing, { strategy: new UserCoalescing(), clock, emit });
  }

  /** Calls for every event from now on. What a listener throws is logged. @returns ends that */
  onEvent(listener: (event: SerfEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  emit(event: SerfEvent): void {
    // A query never waits: its asker does.
    if (event.type === 'query') this.#tell(event);
    else if (event.type === 'user') this.#users.add(event);
    else this.#members.add(event);
  }

  /** Lets out what is held back. */
  flush(): void {
    this.#members.flush();
    this.#users.flush();
  }

  #tell(event: SerfEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#logger.error('an event listener failed', { event: event.type, error: errorMessage(error) });
      }
    }
  }
}
