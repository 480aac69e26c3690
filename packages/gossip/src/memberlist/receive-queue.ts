import type { AliveMessage, DeadMessage, SuspectMessage, UserMessage } from '../wire/memberlist-message.js';

/** What waits until pings and acks are answered. */
export type QueuedMessage = AliveMessage | SuspectMessage | DeadMessage | UserMessage;

/**
 * Received messages that are not urgent, bounded per priority: news that a node lives goes before everything else, as it
 * may save one from being declared dead. Within a priority the newest comes first; what is older is likelier superseded.
 */
export class ReceiveQueue {
  readonly #depth: number;
  readonly #high: QueuedMessage[] = [];
  readonly #low: QueuedMessage[] = [];

  /** @param depth - messages that may wait per priority */
  constructor(depth: number) {
    this.#depth = depth;
  }

  get size(): number {
    return this.#high.length + this.#low.length;
  }

  /** @returns `false` when the queue is full and the message dropped */
  push(message: QueuedMessage): boolean {
    const queue = message.type === 'alive' ? this.#high : this.#low;
    if (queue.length >= this.#depth) return false;
    queue.push(message);
    return true;
  }

  next(): QueuedMessage | undefined {
    return this.#high.pop() ?? this.#low.pop();
  }

  clear(): void {
    this.#high.length = 0;
    this.#low.length = 0;
  }
}
