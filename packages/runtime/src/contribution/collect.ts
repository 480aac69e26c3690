/** Anything that many may contribute to one place. */
export interface Contribution {
  /** Lower runs earlier; default 0. Equal orders keep bind order. */
  readonly order?: number;
}

/**
 * Sorts contributions and indexes them by key, once, at start.
 * @throws an `Error` naming the point, the key and both contributors when two share a key
 */
export function collectByKey<T extends object>(
  point: string,
  contributions: readonly T[],
  keyOf: (contribution: T) => string,
): ReadonlyMap<string, T> {
  const byKey = new Map<string, T>();
  for (const contribution of inOrder(contributions)) {
    const key = keyOf(contribution);
    const earlier = byKey.get(key);
    if (earlier !== undefined) {
      throw new Error(
        `two contributions to ${point} share the key "${key}": ${describe(earlier)} and ${describe(contribution)}`,
      );
    }
    byKey.set(key, contribution);
  }
  return byKey;
}

/** A stable sort by `order`. */
export function inOrder<T extends object>(contributions: readonly T[]): readonly T[] {
  return contributions.toSorted((a, b) => orderOf(a) - orderOf(b));
}

const orderOf = (contribution: Contribution): number => contribution.order ?? 0;

const describe = (contribution: object): string => {
  const name = contribution.constructor.name;
  return name === 'Object' ? JSON.stringify(contribution).slice(0, 80) : name;
};
