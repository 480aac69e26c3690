import { OrderedSet } from './ordered-set.js';

/**
 * How a broadcast left its queue: `sent` as often as it should be, replaced by a newer one of its key, or `dropped`
 * because the queue was full or was cleared.
 */
export type BroadcastOutcome = 'sent' | 'replaced' | 'dropped';

export interface Broadcast {
  /** The whole message, type byte included. */
  readonly bytes: Uint8Array;
  /** A newer broadcast of the same key replaces this one. Without a key nothing does. */
  readonly key?: string;
  /** Called once, synchronously, when it has left the queue. */
  readonly onDone?: (outcome: BroadcastOutcome) => void;
}

export interface BroadcastQueueOptions {
  readonly retransmitMult: number;
  /** Entries the queue holds at most; inserting into a full one drops the entry sent most often. Asked on each insert. */
  readonly maxDepth: () => number;
}

/** How much may be taken. */
export interface TakeLimits {
  /** Charged for each message on top of its length. */
  readonly overheadBytes: number;
  readonly limitBytes: number;
  /** Messages taken at most. Default: no limit. */
  readonly limitMessages?: number;
}

interface Entry {
  readonly broadcast: Broadcast;
  /** Larger is newer. */
  readonly sequence: number;
  transmissions: number;
}

/** How often each broadcast is sent in a pool of `n`. */
export function retransmitLimit(retransmitMult: number, n: number): number {
  return retransmitMult * Math.ceil(Math.log10(n + 1));
}

/**
 * Messages on their way to everybody, each handed out a number of times that grows with the logarithm of the pool.
 * Those sent least often come first; among these the largest that fits, among equals the newest.
 */
export class BroadcastQueue {
  readonly #options: BroadcastQueueOptions;
  readonly #entries = new OrderedSet<Entry>(inOrder);
  readonly #byKey = new Map<string, Entry>();
  #sequence = 0;

  constructor(options: BroadcastQueueOptions) {
    this.#options = options;
  }

  get depth(): number {
    return this.#entries.size;
  }

  enqueue(broadcast: Broadcast): void {
    const replaced = broadcast.key === undefined ? undefined : this.#byKey.get(broadcast.key);
    if (replaced !== undefined) this.#finish(replaced, 'replaced');
    const entry: Entry = { broadcast, sequence: (this.#sequence += 1), transmissions: 0 };
    this.#entries.add(entry);
    if (broadcast.key !== undefined) this.#byKey.set(broadcast.key, entry);
    this.prune(this.#options.maxDepth());
  }

  /** Takes what fits; each message taken counts as sent once. The bytes are shared: do not change them. */
  take({ overheadBytes, limitBytes, limitMessages = Infinity }: TakeLimits, poolSize: number): Uint8Array[] {
    const taken: Entry[] = [];
    let free = limitBytes - overheadBytes;
    let tier = 0;
    while (taken.length < limitMessages && free > 0) {
      const [room, from] = [free, tier];
      const entry = this.#entries.firstWhere(
        ({ transmissions, broadcast }) =>
          transmissions > from || (transmissions === from && broadcast.bytes.length <= room),
      );
      if (entry === undefined) break;
      tier = entry.transmissions;
      if (entry.broadcast.bytes.length > free) continue; // the largest of a later tier: search again within that one
      this.#entries.delete(entry);
      taken.push(entry);
      free -= entry.broadcast.bytes.length + overheadBytes;
    }
    // Only now, or a message could be taken twice into one packet.
    const limit = retransmitLimit(this.#options.retransmitMult, poolSize);
    for (const entry of taken) {
      entry.transmissions += 1;
      if (entry.transmissions >= limit) this.#finish(entry, 'sent');
      else this.#entries.add(entry);
    }
    return taken.map(({ broadcast }) => broadcast.bytes);
  }

  /** Drops what exceeds `depth`, most often sent first. */
  prune(depth: number): void {
    while (this.#entries.size > depth) this.#finish(this.#entries.last() as Entry, 'dropped');
  }

  clear(): void {
    this.prune(0);
  }

  #finish(entry: Entry, outcome: BroadcastOutcome): void {
    const { key, onDone } = entry.broadcast;
    this.#entries.delete(entry);
    if (key !== undefined && this.#byKey.get(key) === entry) this.#byKey.delete(key);
    onDone?.(outcome);
  }
}

function inOrder(a: Entry, b: Entry): number {
  return (
    a.transmissions - b.transmissions || b.broadcast.bytes.length - a.broadcast.bytes.length || b.sequence - a.sequence
  );
}
