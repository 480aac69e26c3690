import sortedBTree from 'sorted-btree';

// The package is CommonJS: its default export is one level down.
const BTree = sortedBTree.default;

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** An immutable ordered map; {@link OrderedMap.change} shares everything that stays as it was. */
export class OrderedMap<V> {
  readonly #tree: InstanceType<typeof BTree<string, V>>;

  private constructor(tree: InstanceType<typeof BTree<string, V>>) {
    this.#tree = tree;
  }

  static empty<V>(): OrderedMap<V> {
    return new OrderedMap<V>(new BTree<string, V>(undefined, byText));
  }

  get size(): number {
    return this.#tree.size;
  }

  get(key: string): V | undefined {
    return this.#tree.get(key);
  }

  /** A map with the changes `work` makes through `set` and `remove`; this one stays. */
  change(work: (set: (key: string, value: V) => void, remove: (key: string) => void) => void): OrderedMap<V> {
    const tree = this.#tree.clone();
    work(
      (key, value) => void tree.set(key, value),
      (key) => void tree.delete(key),
    );
    return new OrderedMap(tree);
  }

  /**
   * Entries whose key begins with `prefix`, in key order or against it.
   * @param from - skips what comes before this key in the order asked for; the key itself is included
   */
  *entries({ prefix = '', from, reverse = false }: RangeOptions = {}): Generator<[string, V]> {
    const entries = reverse
      ? this.#tree.entriesReversed(upperEnd(prefix, from))
      : this.#tree.entries(from !== undefined && from > prefix ? from : prefix);
    for (const entry of entries) {
      const [key] = entry;
      if (key.startsWith(prefix)) yield entry;
      // Backwards, keys above the prefix come first.
      else if (!reverse || key < prefix) return;
    }
  }
}

/** Where a backward read of `prefix` begins; `undefined` for the very end. */
function upperEnd(prefix: string, from: string | undefined): string | undefined {
  // No key that begins with the prefix is above this; U+FFFF is no character.
  const end = prefix === '' ? undefined : `${prefix}\uffff`;
  if (from === undefined) return end;
  return end === undefined || from < end ? from : end;
}

export interface RangeOptions {
  readonly prefix?: string;
  readonly from?: string;
  readonly reverse?: boolean;
}
