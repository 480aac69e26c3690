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
  /** To how many nodes what is taken goes: each message counts as sent so often. Default 1. */
  readonly copies?: number;
}

interface Entry {
  readonly broadcast: Broadcast;
  readonly length: number;
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
  /** By how often their messages were sent; none behind the last that has any. */
  readonly #tiers: BroadcastTier<Entry>[] = [];
  readonly #byKey = new Map<string, Entry>();
  #depth = 0;
  #sequence = 0;

  constructor(options: BroadcastQueueOptions) {
    this.#options = options;
  }

  get depth(): number {
    return this.#depth;
  }

  enqueue(broadcast: Broadcast): void {
    const { key, bytes } = broadcast;
    const replaced = key === undefined ? undefined : this.#byKey.get(key);
    if (replaced !== undefined) this.#drop(replaced, 'replaced');
    const entry: Entry = { broadcast, length: bytes.length, sequence: (this.#sequence += 1), transmissions: 0 };
    this.#add(entry);
    if (key !== undefined) this.#byKey.set(key, entry);
    this.prune(this.#options.maxDepth());
  }

  /** Takes what fits; each message taken counts as sent. The bytes are shared: do not change them. */
  take(
    { overheadBytes, limitBytes, limitMessages = Infinity, copies = 1 }: TakeLimits,
    poolSize: number,
  ): Uint8Array[] {
    const taken: Entry[] = [];
    let free = limitBytes - overheadBytes;
    for (const tier of this.#tiers) {
      while (taken.length < limitMessages && free > 0) {
        const entry = tier.takeLargest(free);
        if (entry === undefined) break;
        taken.push(entry);
        free -= entry.length + overheadBytes;
      }
    }
    // Only now, or a message could be taken twice into one packet.
    this.#depth -= taken.length;
    const limit = retransmitLimit(this.#options.retransmitMult, poolSize);
    const done: Entry[] = [];
    // Oldest first, as the tier they go to likes it.
    for (let i = taken.length - 1; i >= 0; i -= 1) {
      const entry = taken[i] as Entry;
      entry.transmissions += copies;
      if (entry.transmissions < limit) {
        this.#add(entry);
      } else {
        this.#forgetKey(entry);
        done.push(entry);
      }
    }
    this.#trim();
    for (let i = done.length - 1; i >= 0; i -= 1) done[i]?.broadcast.onDone?.('sent');
    return taken.map(({ broadcast }) => broadcast.bytes);
  }

  /** Drops what exceeds `depth`, most often sent first. */
  prune(depth: number): void {
    while (this.#depth > depth) this.#drop(this.#tiers.at(-1)?.smallest() as Entry, 'dropped');
  }

  clear(): void {
    this.prune(0);
  }

  #add(entry: Entry): void {
    const tiers = this.#tiers;
    while (tiers.length <= entry.transmissions) tiers.push(new BroadcastTier());
    (tiers[entry.transmissions] as BroadcastTier<Entry>).add(entry);
    this.#depth += 1;
  }

  #drop(entry: Entry, outcome: BroadcastOutcome): void {
    if (this.#tiers[entry.transmissions]?.delete(entry)) this.#depth -= 1;
    this.#trim();
    this.#forgetKey(entry);
    entry.broadcast.onDone?.(outcome);
  }

  #trim(): void {
    while (this.#tiers.at(-1)?.isEmpty) this.#tiers.pop();
  }

  #forgetKey(entry: Entry): void {
    const { key } = entry.broadcast;
    if (key !== undefined && this.#byKey.get(key) === entry) this.#byKey.delete(key);
  }
}
