const REFERENCE = /\$\{([A-Za-z0-9_.-]+)\}/g;

/** What a reference stands for; `undefined` for one that is not known. */
export type Resolve = (name: string) => string | undefined;

/** Replaces `${name}` by its value. What is not known stays as it is: a shell may know it. */
export const interpolateText = (text: string, resolve: Resolve): string =>
  text.replace(REFERENCE, (reference, name: string) => resolve(name) ?? reference);

/** Replaces references in every text of a tree of plain values; keys stay. */
export function interpolate(value: unknown, resolve: Resolve): unknown {
  if (typeof value === 'string') return interpolateText(value, resolve);
  if (Array.isArray(value)) return value.map((item) => interpolate(item, resolve));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, interpolate(item, resolve)]));
}
