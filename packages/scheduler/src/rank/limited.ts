export interface LimitOptions {
  /** How many are wanted. */
  readonly limit: number;
  /** Those not above it are set aside. */
  readonly threshold: number;
  /** How many may be set aside. */
  readonly maxSkipped: number;
}

/**
 * The first few of a stream of scored things; low ones are set aside as long as there may be better ones, and used only when
 * the stream ends before there are enough.
 */
export function takeLimited<T extends { readonly score: number }>(
  source: Iterable<T>,
  { limit, threshold, maxSkipped }: LimitOptions,
): readonly T[] {
  const taken: T[] = [];
  const skipped: T[] = [];
  if (limit <= 0) return taken;
  for (const item of source) {
    if (item.score <= threshold && skipped.length < maxSkipped) {
      skipped.push(item);
      continue;
    }
    taken.push(item);
    if (taken.length === limit) return taken;
  }
  return [...taken, ...skipped.slice(0, limit - taken.length)];
}
