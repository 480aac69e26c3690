/** What a tier looks at. Neither changes while the item is in it. */
export interface Sized {
  /** Bytes of the message. */
  readonly length: number;
  /** Larger is newer; no two items of a queue have the same. */
  readonly sequence: number;
}

/**
 * Messages that were sent equally often: the largest that fits a room is found at once, among equals the newest. Lengths
 * are few and messages of one length come mostly in order, so that sorted arrays are both small and fast.
 */
export class BroadcastTier<T extends Sized> {
  /** Ascending. */
  readonly #lengths: number[] = [];
  /** The items of each length, oldest first; never empty. */
  readonly #stacks: T[][] = [];

  get isEmpty(): boolean {
    return this.#lengths.length === 0;
  }

  add(item: T): void {
    const { length, sequence } = item;
    const at = this.#stacksUpTo(length) - 1;
    const stack = this.#lengths[at] === length ? (this.#stacks[at] as T[]) : undefined;
    if (stack === undefined) {
      this.#lengths.splice(at + 1, 0, length);
      this.#stacks.splice(at + 1, 0, [item]);
    } else if ((stack[stack.length - 1] as T).sequence < sequence) {
      stack.push(item);
    } else {
      stack.splice(indexOf(stack, sequence), 0, item);
    }
  }

  /** @returns whether it was there */
  delete({ length, sequence }: T): boolean {
    const at = this.#stacksUpTo(length) - 1;
    const stack = this.#stacks[at];
    if (stack === undefined || this.#lengths[at] !== length) return false;
    const index = indexOf(stack, sequence);
    if (stack[index]?.sequence !== sequence) return false;
    this.#removeAt(at, index);
    return true;
  }

  /** Takes the largest item of at most `room` bytes out, the newest of equal ones. */
  takeLargest(room: number): T | undefined {
    const at = this.#stacksUpTo(room) - 1;
    if (at < 0) return undefined;
    const stack = this.#stacks[at] as T[];
    return this.#removeAt(at, stack.length - 1);
  }

  /** The smallest item, the oldest of equal ones; it stays. */
  smallest(): T | undefined {
    return this.#stacks[0]?.[0];
  }

  #removeAt(at: number, index: number): T {
    const stack = this.#stacks[at] as T[];
    const item = stack[index] as T;
    if (stack.length === 1) {
      this.#lengths.splice(at, 1);
      this.#stacks.splice(at, 1);
    } else if (index === stack.length - 1) {
      stack.pop();
    } else {
      stack.splice(index, 1);
    }
    return item;
  }

  /** How many of the stacks hold items of at most that length: they are the first ones. */
  #stacksUpTo(length: number): number {
    const lengths = this.#lengths;
    let from = 0;
    let to = lengths.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((lengths[middle] as number) <= length) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/** Where the item of that sequence stands, or would. */
function indexOf(stack: readonly Sized[], sequence: number): number {
  let from = 0;
  let to = stack.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((stack[middle] as Sized).sequence < sequence) from = middle + 1;
    else to = middle;
  }
  return from;
}
