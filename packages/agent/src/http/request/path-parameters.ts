/** Values of the path's variable parts: `:name` segments, and `*` for the rest of a subtree. */
export type PathParameters = Readonly<Record<string, string>>;
