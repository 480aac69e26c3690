import { Glob } from './glob.js';
import { TextTree } from './text-tree.js';

/** Patterns of one prefix and one suffix. Ranks count from the pattern that decides first. */
interface Bucket {
  /** The best pattern without anything in between; equal ones below it never decide. */
  plain: number;
  /** Patterns with middle pieces, ascending. */
  readonly ranks: number[];
  /** The same patterns by their longest middle piece, where they are many. */
  byMiddle: TextTree<number[]> | undefined;
}

/** So many patterns are tried one by one, the best first; more are looked up by their pieces. */
const FEW = 8;

/**
 * Finds the pattern that decides about a name: of those that match, the one with the most literal bytes, and of equals the last
 * in byte order. The cost follows the length of the name, not the number of patterns.
 */
export class GlobIndex<T> {
  readonly #globs: readonly Glob[];
  readonly #values: readonly T[];
  readonly #byPrefix = new TextTree<TextTree<Bucket>>();

  /** @param entries - patterns, each once, and what they stand for */
  constructor(entries: Iterable<readonly [label: string, value: T]>) {
    const ranked = Array.from(entries, ([label, value]) => ({ glob: new Glob(label), value })).sort((a, b) =>
      Glob.compare(a.glob, b.glob),
    );
    this.#globs = ranked.map(({ glob }) => glob);
    this.#values = ranked.map(({ value }) => value);
    if (this.isSmall) return;
    const buckets = new Set(this.#globs.map((glob, rank) => this.#insert(glob, rank)));
    for (const bucket of buckets) {
      if (bucket.ranks.length > FEW) bucket.byMiddle = this.#middlesOf(bucket);
    }
  }

  /** Whether the patterns are so few that finding one costs no more than remembering it. */
  get isSmall(): boolean {
    return this.#globs.length <= FEW;
  }

  find(name: string): T | undefined {
    if (this.isSmall) return this.#values[this.#globs.findIndex((glob) => glob.matches(name))];
    const prefixes: TextTree<Bucket>[] = [];
    this.#byPrefix.collect(name, 0, name.length, prefixes);
    const buckets: Bucket[] = [];
    for (const bySuffix of prefixes) bySuffix.collect(name, name.length - 1, name.length, buckets);
    let best = Number.POSITIVE_INFINITY;
    for (let n = buckets.length - 1; n >= 0; n -= 1) best = this.#bestOf(buckets[n] as Bucket, name, best);
    return this.#values[best];
  }

  #insert(glob: Glob, rank: number): Bucket {
    const bucket = this.#byPrefix
      .at(glob.prefix, () => new TextTree<Bucket>({ isBackward: true }))
      .at(glob.suffix, () => ({ plain: Number.POSITIVE_INFINITY, ranks: [], byMiddle: undefined }));
    if (glob.middles.length > 0) bucket.ranks.push(rank);
    else bucket.plain = Math.min(bucket.plain, rank);
    return bucket;
  }

  #middlesOf({ ranks }: Bucket): TextTree<number[]> {
    const tree = new TextTree<number[]>();
    for (const rank of ranks) {
      const longest = (this.#globs[rank] as Glob).middles.reduce((a, b) => (b.length > a.length ? b : a));
      tree.at(longest, () => []).push(rank);
    }
    return tree;
  }

  #bestOf(bucket: Bucket, name: string, known: number): number {
    const best = Math.min(known, this.#fits(bucket.plain, name) ? bucket.plain : known);
    if (bucket.byMiddle === undefined) return this.#firstMatch(bucket.ranks, name, best);
    const { prefix, suffix } = this.#globs[bucket.ranks[0] as number] as Glob;
    const end = name.length - suffix.length;
    const lists: number[][] = [];
    for (let from = prefix.length; from < end; from += 1) bucket.byMiddle.collect(name, from, end - from, lists);
    return lists.reduce((found, ranks) => this.#firstMatch(ranks, name, found), best);
  }

  /** Whether prefix and suffix of a pattern have room in a name that has both. */
  #fits(rank: number, name: string): boolean {
    const glob = this.#globs[rank];
    return glob !== undefined && glob.prefix.length + glob.suffix.length <= name.length;
  }

  /** The first of ascending ranks that is below `best` and matches, or `best`. */
  #firstMatch(ranks: readonly number[], name: string, best: number): number {
    for (const rank of ranks) {
      if (rank >= best) break;
      if ((this.#globs[rank] as Glob).matchesBetween(name)) return rank;
    }
    return best;
  }
}
