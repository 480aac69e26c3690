/** Longest description of a namespace or node pool, characters. */
export const MAX_DESCRIPTION = 256;

/** Rows with those that exist without one, by name; a row goes before the built-in one of its name. */
export function withBuiltIn<T extends { readonly name: string }>(
  rows: readonly T[],
  builtIn: readonly T[],
): readonly T[] {
  const byName = new Map([...builtIn, ...rows].map((each) => [each.name, each]));
  return [...byName.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
