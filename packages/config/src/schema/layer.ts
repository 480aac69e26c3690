/**
 * What one source says: only the settings it mentions, by their TypeScript names. Blocks are layers of their own, named
 * blocks a list of {@link NamedLayer}.
 */
export type Layer = Readonly<Record<string, unknown>>;

export interface NamedLayer {
  readonly name: string;
  readonly settings: Layer;
}
