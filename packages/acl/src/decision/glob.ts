import { compareBytes } from '@steppe/domain';

/** A label with `*`, which stands for any run of characters, none and slashes included. There is no other wildcard. */
export class Glob {
  readonly text: string;
  /** What a name starts with. */
  readonly prefix: string;
  /** What a name ends with. */
  readonly suffix: string;
  /** What it holds in between, in this order. */
  readonly middles: readonly string[];
  /** Bytes of the pattern that are not `*`: the more, the closer the pattern is to what it matches. */
  readonly literalBytes: number;

  constructor(text: string) {
    const pieces = text.split('*');
    this.text = text;
    this.prefix = pieces[0] ?? '';
    this.suffix = pieces.at(-1) ?? '';
    this.middles = pieces.slice(1, -1).filter((piece) => piece !== '');
    this.literalBytes = Buffer.byteLength(text) - (pieces.length - 1);
  }

  static isGlob(label: string): boolean {
    return label.includes('*');
  }

  matches(name: string): boolean {
    const { prefix, suffix } = this;
    return (
      prefix.length + suffix.length <= name.length &&
      name.startsWith(prefix) &&
      name.endsWith(suffix) &&
      this.matchesBetween(name)
    );
  }

  /** Whether the middle pieces are found, left to right, between prefix and suffix of a name that has both. */
  matchesBetween(name: string): boolean {
    const end = name.length - this.suffix.length;
    let from = this.prefix.length;
    for (const piece of this.middles) {
      const found = name.indexOf(piece, from);
      if (found === -1) return false;
      from = found + piece.length;
    }
    return from <= end;
  }

  /** Sorts the pattern that decides first: the closer one, and of equally close ones the last in byte order. */
  static compare(a: Glob, b: Glob): number {
    return b.literalBytes - a.literalBytes || compareBytes(b.text, a.text);
  }
}
