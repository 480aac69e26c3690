/**
 * Items of one length by their sequence numbers: larger is newer, no two are equal. They come and go at both ends, seldom in
 * between, and neither end costs a move of the rest.
 */
class Stack<T> {
  readonly length: number;
  /** Oldest first. What stands before `#first` is unused. */
  #items: (T | undefined)[];
  #sequences: number[];
  #first = 0;

  constructor(length: number, sequence: number, item: T) {
    this.length = length;
    this.#items = [item];
    this.#sequences = [sequence];
  }

  get isEmpty(): boolean {
    return this.#items.length === this.#first;
  }

  get newestSequence(): number {
    return this.#sequences[this.#sequences.length - 1] as number;
  }

  get oldestSequence(): number {
    return this.#sequences[this.#first] as number;
  }

  get oldest(): T {
    return this.#items[this.#first] as T;
  }

  add(sequence: number, item: T): void {
    if (this.newestSequence < sequence) {
      this.#items.push(item);
      this.#sequences.push(sequence);
    } else if (this.oldestSequence > sequence) {
      if (this.#first === 0) this.#makeRoom();
      this.#first -= 1;
      this.#items[this.#first] = item;
      this.#sequences[this.#first] = sequence;
    } else {
      const index = this.#indexOf(sequence);
      this.#items.splice(index, 0, item);
      this.#sequences.splice(index, 0, sequence);
    }
  }

  takeNewest(): T {
    this.#sequences.pop();
    return this.#items.pop() as T;
  }

  /** @returns whether it was there */
  delete(sequence: number): boolean {
    const index = this.#indexOf(sequence);
    if (this.#sequences[index] !== sequence) return false;
    if (index === this.#first) {
      this.#items[index] = undefined;
      this.#first += 1;
    } else {
      this.#items.splice(index, 1);
      this.#sequences.splice(index, 1);
    }
    return true;
  }

  /** In front, for as many again. */
  #makeRoom(): void {
    this.#first = this.#items.length;
    this.#items = [...Array.from<undefined>({ length: this.#first }), ...this.#items];
    this.#sequences = [...Array.from({ length: this.#first }, () => 0), ...this.#sequences];
  }

  /** Where the item of that sequence stands, or would. */
  #indexOf(sequence: number): number {
    let from = this.#first;
    let to = this.#sequences.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.#sequences[middle] as number) < sequence) from = middle + 1;
      else to = middle;
    }
    return from;
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
      this.#lengths.splice(at + 1, 0, length);
      this.#stacks.splice(at + 1, 0, new Stack(length, sequence, item));
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
   * @param taken - is told of each
   * @returns room left
   */
  takeLargest(
    room: number,
    overhead: number,
    most: number,
    taken: (item: T, length: number, sequence: number) => void,
  ): number {
    let free = room;
    for (let count = 0; count < most; ) {
      const at = this.#stacksUpTo(free - overhead) - 1;
      const stack = this.#stacks[at];
      if (stack === undefined) break;
      const { length } = stack;
      do {
        const sequence = stack.newestSequence;
        taken(stack.takeNewest(), length, sequence);
        free -= length + overhead;
        count += 1;
      } while (!stack.isEmpty && length + overhead <= free && count < most);
      this.#dropIfEmpty(at);
    }
    return free;
  }

  /** Takes the smallest item out, the oldest of equal ones. */
  takeSmallest(): { readonly item: T; readonly sequence: number } | undefined {
    const stack = this.#stacks[0];
    if (stack === undefined) return undefined;
    const smallest = { item: stack.oldest, sequence: stack.oldestSequence };
    stack.delete(smallest.sequence);
    this.#dropIfEmpty(0);
    return smallest;
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
