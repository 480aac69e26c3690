import { BroadcastTier } from './broadcast-tier.js';
import type { Taken } from './broadcast-tier.js';

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
    const { key } = broadcast;
    if (key !== undefined) this.#replace(key);
    this.#sequence += 1;
    this.#add(0, this.#sequence, broadcast);
    if (key !== undefined) this.#byKey.set(key, { broadcast, sequence: this.#sequence });
    this.prune(this.#options.maxDepth());
  }

  /** Takes what fits; each message taken counts as sent. The bytes are shared: do not change them. */
  take({ overheadBytes, limitBytes, limitMessages = Infinity }: TakeLimits, poolSize: number): Uint8Array[] {
    const taken: Taken<Broadcast> = { items: [], sequences: [] };
    const { items, sequences } = taken;
    /** How many were taken up to and with each tier. */
    const counts: number[] = [];
    let free = limitBytes;
    for (const tier of this.#tiers) {
      if (free <= overheadBytes || items.length >= limitMessages) break;
      free = tier.takeLargest(free, overheadBytes, limitMessages - items.length, taken);
      counts.push(items.length);
    }
    // Only now, or a message could be taken twice into one packet.
    this.#depth -= items.length;
    const limit = retransmitLimit(this.#options.retransmitMult, poolSize);
    const bytes: Uint8Array[] = [];
    const done: Broadcast[] = [];
    let tier = 0;
    for (let i = 0; i < items.length; i += 1) {
      while (i >= (counts[tier] as number)) tier += 1;
      const broadcast = items[i] as Broadcast;
      const sequence = sequences[i] as number;
      bytes.push(broadcast.bytes);
      const transmissions = tier + 1;
      if (transmissions < limit) {
        this.#add(transmissions, sequence, broadcast);
      } else {
        this.#forgetKey(broadcast, sequence);
        done.push(broadcast);
      }
    }
    this.#trim();
    for (const { onDone } of done) onDone?.('sent');
    return bytes;
  }

  /** Drops what exceeds `depth`, most often sent first. */
  prune(depth: number): void {
    while (this.#depth > depth) {
      const taken: Taken<Broadcast> = { items: [], sequences: [] };
      this.#tiers.at(-1)?.takeSmallest(taken);
      const [dropped] = taken.items;
      if (dropped === undefined) return;
      this.#depth -= 1;
      this.#trim();
      this.#forgetKey(dropped, taken.sequences[0] as number);
      dropped.onDone?.('dropped');
    }
  }

  clear(): void {
    this.prune(0);
  }

  #add(transmissions: number, sequence: number, broadcast: Broadcast): void {
    const tiers = this.#tiers;
    while (tiers.length <= transmissions) tiers.push(new BroadcastTier());
    (tiers[transmissions] as BroadcastTier<Broadcast>).add(broadcast.bytes.length, sequence, broadcast);
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
