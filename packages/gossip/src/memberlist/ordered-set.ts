interface Branch<T> {
  readonly value: T;
  /** Larger than those of both children: keeps the tree shallow. */
  readonly priority: number;
  left: Branch<T> | undefined;
  right: Branch<T> | undefined;
}

/**
 * Values kept in the order of a comparison in which no two of them are equal; adding, removing and searching take
 * logarithmic time (a treap). What the comparison reads of a value must not change while it is in the set.
 */
export class OrderedSet<T> {
  readonly #compare: (a: T, b: T) => number;
  #root: Branch<T> | undefined;
  #size = 0;
  /** State of a xorshift generator: balance needs spread, not chance, so the same history gives the same tree. */
  #spread = 0x9e3779b9;

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#size;
  }

  add(value: T): void {
    this.#spread ^= this.#spread << 13;
    this.#spread ^= this.#spread >>> 17;
    this.#spread ^= this.#spread << 5;
    const branch: Branch<T> = { value, priority: this.#spread, left: undefined, right: undefined };
    this.#root = this.#insert(this.#root, branch);
    this.#size += 1;
  }

  /** @returns whether it was there */
  delete(value: T): boolean {
    const size = this.#size;
    this.#root = this.#remove(this.#root, value);
    return this.#size < size;
  }

  /** The first value the test holds for; it must hold for every value behind that one, too. */
  firstWhere(test: (value: T) => boolean): T | undefined {
    let found: T | undefined;
    for (let branch = this.#root; branch !== undefined; ) {
      if (test(branch.value)) {
        found = branch.value;
        branch = branch.left;
      } else {
        branch = branch.right;
      }
    }
    return found;
  }

  last(): T | undefined {
    let branch = this.#root;
    while (branch?.right !== undefined) branch = branch.right;
    return branch?.value;
  }

  *[Symbol.iterator](): Generator<T> {
    const path: Branch<T>[] = [];
    let branch = this.#root;
    while (branch !== undefined || path.length > 0) {
      while (branch !== undefined) {
        path.push(branch);
        branch = branch.left;
      }
      const next = path.pop() as Branch<T>;
      yield next.value;
      branch = next.right;
    }
  }

  #insert(at: Branch<T> | undefined, branch: Branch<T>): Branch<T> {
    if (at === undefined) return branch;
    if (this.#compare(branch.value, at.value) < 0) {
      at.left = this.#insert(at.left, branch);
      return at.left.priority > at.priority ? rotateRight(at, at.left) : at;
    }
    at.right = this.#insert(at.right, branch);
    return at.right.priority > at.priority ? rotateLeft(at, at.right) : at;
  }

  #remove(at: Branch<T> | undefined, value: T): Branch<T> | undefined {
    if (at === undefined) return undefined;
    const order = this.#compare(value, at.value);
    if (order === 0) {
      this.#size -= 1;
      return merge(at.left, at.right);
    }
    if (order < 0) at.left = this.#remove(at.left, value);
    else at.right = this.#remove(at.right, value);
    return at;
  }
}

function rotateRight<T>(at: Branch<T>, left: Branch<T>): Branch<T> {
  at.left = left.right;
  left.right = at;
  return left;
}

function rotateLeft<T>(at: Branch<T>, right: Branch<T>): Branch<T> {
  at.right = right.left;
  right.left = at;
  return right;
}

/** Joins two trees of which the first lies wholly before the second. */
function merge<T>(a: Branch<T> | undefined, b: Branch<T> | undefined): Branch<T> | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  if (a.priority > b.priority) {
    a.right = merge(a.right, b);
    return a;
  }
  b.left = merge(a, b.left);
  return b;
}
