import type { Position } from './document.js';

/** A reading position in a text that always knows its line and column. */
export class Cursor {
  readonly text: string;
  offset = 0;
  #line = 1;
  #lineStart = 0;
  #counted = 0;

  constructor(text: string) {
    this.text = text;
  }

  get done(): boolean {
    return this.offset >= this.text.length;
  }

  /** The character `ahead` of the cursor, the empty string past the end. */
  peek(ahead = 0): string {
    return this.text[this.offset + ahead] ?? '';
  }

  startsWith(text: string): boolean {
    return this.text.startsWith(text, this.offset);
  }

  /** Moves past a sticky pattern and returns what matched, or `undefined` without moving. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.offset;
    const match = pattern.exec(this.text)?.[0];
    if (match !== undefined) this.offset += match.length;
    return match;
  }

  /** Line and column of the cursor; a character beyond the basic plane is one column. */
  position(): Position {
    for (; this.#counted < this.offset; this.#counted += 1) {
      const unit = this.text.charCodeAt(this.#counted);
      if (unit === 0x0a) {
        this.#line += 1;
        this.#lineStart = this.#counted + 1;
      } else if (unit >= 0xdc00 && unit <= 0xdfff) this.#lineStart += 1;
    }
    return { line: this.#line, column: this.offset - this.#lineStart + 1 };
  }
}
