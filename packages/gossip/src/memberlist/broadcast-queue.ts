import { BroadcastTier } from './broadcast-tier.js';

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
  /** By how often their messages were sent; none behind the last that has any. */
  readonly #tiers: BroadcastTier<Broadcast>[] = [];
  /** The last of each key. */
  readonly #byKey = new Map<string, { readonly broadcast: Broadcast; readonly sequence: number }>();
  #depth = 0;
  /** Larger is newer. */
  #sequence = 0;

  constructor(options: BroadcastQueueOptions) {
    this.#options = options;
  }

  get depth(): number {
    return this.#depth;
  }

  enqueue(broadcast: Broadcast): void {
    const { key, bytes } = broadcast;
    if (key !== undefined) this.#replace(key);
    this.#sequence += 1;
    this.#add(0, bytes.length, this.#sequence, broadcast);
    if (key !== undefined) this.#byKey.set(key, { broadcast, sequence: this.#sequence });
    this.prune(this.#options.maxDepth());
  }

  /** Takes what fits; each message taken counts as sent. The bytes are shared: do not change them. */
  take({ overheadBytes, limitBytes, limitMessages = Infinity }: TakeLimits, poolSize: number): Uint8Array[] {
    const broadcasts: Broadcast[] = [];
    const sequences: number[] = [];
    /** How many were taken of the tiers up to each. */
    const counts: number[] = [];
    let free = limitBytes;
    const take = (broadcast: Broadcast, _length: number, sequence: number): void => {
      broadcasts.push(broadcast);
      sequences.push(sequence);
    };
    for (const tier of this.#tiers) {
      if (free <= overheadBytes || broadcasts.length >= limitMessages) break;
      free = tier.takeLargest(free, overheadBytes, limitMessages - broadcasts.length, take);
      counts.push(broadcasts.length);
    }
    // Only now, or a message could be taken twice into one packet.
    this.#depth -= broadcasts.length;
    const limit = retransmitLimit(this.#options.retransmitMult, poolSize);
    const done: Broadcast[] = [];
    // Oldest first, as the tier they go to likes it.
    let tier = counts.length - 1;
    for (let i = broadcasts.length - 1; i >= 0; i -= 1) {
      while (tier > 0 && i < (counts[tier - 1] as number)) tier -= 1;
      const broadcast = broadcasts[i] as Broadcast;
      const sequence = sequences[i] as number;
      const transmissions = tier + 1;
      if (transmissions < limit) {
        this.#add(transmissions, broadcast.bytes.length, sequence, broadcast);
      } else {
        this.#forgetKey(broadcast, sequence);
        done.push(broadcast);
      }
    }
    this.#trim();
    for (let i = done.length - 1; i >= 0; i -= 1) done[i]?.onDone?.('sent');
    return broadcasts.map(({ bytes }) => bytes);
  }

  /** Drops what exceeds `depth`, most often sent first. */
  prune(depth: number): void {
    while (this.#depth > depth) {
      const smallest = this.#tiers.at(-1)?.takeSmallest();
      if (smallest === undefined) return;
      this.#depth -= 1;
      this.#trim();
      this.#forgetKey(smallest.item, smallest.sequence);
      smallest.item.onDone?.('dropped');
    }
  }

  clear(): void {
    this.prune(0);
  }

  #add(transmissions: number, length: number, sequence: number, broadcast: Broadcast): void {
    const tiers = this.#tiers;
    while (tiers.length <= transmissions) tiers.push(new BroadcastTier());
    (tiers[transmissions] as BroadcastTier<Broadcast>).add(length, sequence, broadcast);
    this.#depth += 1;
  }

  #replace(key: string): void {
    const last = this.#byKey.get(key);
    if (last === undefined) return;
    const { broadcast, sequence } = last;
    if (this.#tiers.some((tier) => tier.delete(broadcast.bytes.length, sequence))) this.#depth -= 1;
    this.#trim();
    this.#byKey.delete(key);
    broadcast.onDone?.('replaced');
  }

  #trim(): void {
    while (this.#tiers.at(-1)?.isEmpty) this.#tiers.pop();
  }

  #forgetKey({ key }: Broadcast, sequence: number): void {
    if (key !== undefined && this.#byKey.get(key)?.sequence === sequence) this.#byKey.delete(key);
  }
}
