import type { LamportTime } from '../wire/serf-message.js';

/** What shares one Lamport time. */
export interface LamportSlot<T> {
  readonly lTime: LamportTime;
  readonly items: readonly T[];
}

export interface LamportWindowOptions<T> {
  /** How many Lamport times are remembered. */
  readonly size: number;
  /** Items remembered per Lamport time; further ones are refused, so that a forger cannot fill our memory. */
  readonly maxPerTime: number;
  readonly same: (a: T, b: T) => boolean;
}

/**
 * Remembers what was seen lately, by Lamport time, so that each event or query counts once however often it arrives.
 * A ring: the slot of a time is `time mod size`; what is older than the ring cannot be told from a duplicate and is
 * refused.
 */
export class LamportWindow<T> {
  readonly #options: LamportWindowOptions<T>;
  readonly #slots: ({ lTime: LamportTime; items: T[] } | undefined)[];
  #minimum: LamportTime = 0;

  constructor(options: LamportWindowOptions<T>) {
    this.#options = options;
    this.#slots = Array.from({ length: options.size });
  }

  /** Refuses everything below `time` from now on; never lowers the bound. */
  raiseMinimum(time: LamportTime): void {
    if (time > this.#minimum) this.#minimum = time;
  }

  /**
   * Whether `item` is new; remembers it.
   * @param now - the clock of this kind, after it has witnessed `lTime`
   */
  admit(lTime: LamportTime, item: T, now: LamportTime): boolean {
    const { size, maxPerTime, same } = this.#options;
    if (lTime < this.#minimum) return false;
    if (now > size && lTime < now - size) return false;
    const index = lTime % size;
    const slot = this.#slots[index];
    if (slot === undefined || slot.lTime !== lTime) {
      this.#slots[index] = { lTime, items: [item] };
      return true;
    }
    if (slot.items.length >= maxPerTime || slot.items.some((seen) => same(seen, item))) return false;
    slot.items.push(item);
    return true;
  }

  /** What is remembered, in slot order. */
  slots(): readonly LamportSlot<T>[] {
    return this.#slots.filter((slot) => slot !== undefined);
  }
}
