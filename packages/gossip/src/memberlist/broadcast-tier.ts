/** What was taken out, side by side. */
export interface Taken<T> {
  readonly items: T[];
  readonly sequences: number[];
}

/**
 * Items of one length by their sequence numbers: larger is newer, no two are equal. The newest are taken; what is added comes
 * in runs, each item right before the one that was added last. So the items stand in two arrays with that place between them.
 */
class Stack<T> {
  readonly length: number;
  /** What is older than that place, oldest first. */
  readonly #older: T[] = [];
  readonly #olderSequences: number[] = [];
  /** What is newer, newest first. What stands before `#first` is unused. */
  #newer: (T | undefined)[] = [];
  #newerSequences: number[] = [];
  #first = 0;

  constructor(length: number) {
    this.length = length;
  }

  get isEmpty(): boolean {
    return this.#older.length === 0 && this.#newer.length === this.#first;
  }

  add(sequence: number, item: T): void {
    const { length } = this.#newerSequences;
    const isNewest = length > this.#first && (this.#newerSequences[this.#first] as number) < sequence;
    if (isNewest) {
      if (this.#first === 0) this.#makeRoom();
      this.#first -= 1;
      this.#newer[this.#first] = item;
      this.#newerSequences[this.#first] = sequence;
      return;
    }
    while (this.#olderSequences.length > 0 && (this.#olderSequences.at(-1) as number) > sequence) {
      this.#newer.push(this.#older.pop());
      this.#newerSequences.push(this.#olderSequences.pop() as number);
    }
    while (this.#newerSequences.length > this.#first && (this.#newerSequences.at(-1) as number) < sequence) {
      this.#older.push(this.#newer.pop() as T);
      this.#olderSequences.push(this.#newerSequences.pop() as number);
    }
    this.#newer.push(item);
    this.#newerSequences.push(sequence);
  }

  takeNewest({ items, sequences }: Taken<T>): void {
    const first = this.#first;
    if (this.#newer.length === first) {
      items.push(this.#older.pop() as T);
      sequences.push(this.#olderSequences.pop() as number);
      return;
    }
    items.push(this.#newer[first] as T);
    sequences.push(this.#newerSequences[first] as number);
    this.#newer[first] = undefined;
    this.#first += 1;
  }

  takeOldest({ items, sequences }: Taken<T>): void {
    const isOlder = this.#older.length > 0;
    items.push((isOlder ? this.#older.shift() : this.#newer.pop()) as T);
    sequences.push((isOlder ? this.#olderSequences.shift() : this.#newerSequences.pop()) as number);
  }

  /** @returns whether it was there */
  delete(sequence: number): boolean {
    const isOlder = this.#olderSequences.length > 0 && sequence <= (this.#olderSequences.at(-1) as number);
    const [items, sequences] = isOlder ? [this.#older, this.#olderSequences] : [this.#newer, this.#newerSequences];
    let from = isOlder ? 0 : this.#first;
    let to = sequences.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((sequences[middle] as number) < sequence === isOlder && sequences[middle] !== sequence) from = middle + 1;
      else to = middle;
    }
    if (sequences[from] !== sequence || from < (isOlder ? 0 : this.#first)) return false;
    items.splice(from, 1);
    sequences.splice(from, 1);
    return true;
  }

  /** In front of the newest, for as many again. */
  #makeRoom(): void {
    this.#first = this.#newer.length;
    this.#newer = [...Array.from<undefined>({ length: this.#first }), ...this.#newer];
    this.#newerSequences = [...Array.from({ length: this.#first }, () => 0), ...this.#newerSequences];
  }
}

/**
 * Messages that were sent equally often: the largest that fits a room is found at once, among equals the newest. Lengths are
 * few and messages of one length come mostly in order, so that sorted arrays are both small and fast. What is looked at all
 * the time, length and sequence, stands in arrays of its own, apart from the items.
 */
export class BroadcastTier<T> {
  /** Ascending. */
  readonly #lengths: number[] = [];
  /** The items of each length; never empty. */
  readonly #stacks: Stack<T>[] = [];

  get isEmpty(): boolean {
    return this.#lengths.length === 0;
  }

  /** @param sequence - larger is newer; no two items have the same */
  add(length: number, sequence: number, item: T): void {
    const at = this.#stacksUpTo(length) - 1;
    if (this.#lengths[at] === length) {
      (this.#stacks[at] as Stack<T>).add(sequence, item);
    } else {
      const stack = new Stack<T>(length);
      stack.add(sequence, item);
      this.#lengths.splice(at + 1, 0, length);
      this.#stacks.splice(at + 1, 0, stack);
    }
  }

  /** @returns whether it was there */
  delete(length: number, sequence: number): boolean {
    const at = this.#stacksUpTo(length) - 1;
    if (this.#lengths[at] !== length || !(this.#stacks[at] as Stack<T>).delete(sequence)) return false;
    this.#dropIfEmpty(at);
    return true;
  }

  /**
   * Takes items out, each time the largest that fits, the newest of equal ones.
   * @param room - for their lengths and `overhead` for each
   * @param most - how many
   * @param taken - where they go
   * @returns room left
   */
  takeLargest(room: number, overhead: number, most: number, taken: Taken<T>): number {
    let free = room;
    for (let count = 0; count < most; ) {
      const at = this.#stacksUpTo(free - overhead) - 1;
      const stack = this.#stacks[at];
      if (stack === undefined) break;
      const cost = stack.length + overhead;
      do {
        stack.takeNewest(taken);
        free -= cost;
        count += 1;
      } while (!stack.isEmpty && cost <= free && count < most);
      this.#dropIfEmpty(at);
    }
    return free;
  }

  /** Takes the smallest item out, the oldest of equal ones, if there is any. */
  takeSmallest(taken: Taken<T>): void {
    this.#stacks[0]?.takeOldest(taken);
    this.#dropIfEmpty(0);
  }

  #dropIfEmpty(at: number): void {
    if (this.#stacks[at]?.isEmpty !== true) return;
    this.#lengths.splice(at, 1);
    this.#stacks.splice(at, 1);
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
