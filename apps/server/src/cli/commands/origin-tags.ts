/** Writes in front of each line where it is from. Lines may come in pieces. */
export class OriginTags {
  readonly #tag: string;
  readonly #isJson: boolean;
  readonly #decoder = new TextDecoder();
  #pending = '';

  /** @param options - `isJson`: an object gets its origin as a member, `@agent`, and stays an object */
  constructor(name: string, { isJson }: { readonly isJson: boolean }) {
    this.#tag = name;
    this.#isJson = isJson;
  }

  /** The lines that are now whole, tagged. */
  tag(bytes: Uint8Array): string {
    const lines = (this.#pending + this.#decoder.decode(bytes, { stream: true })).split('\n');
    this.#pending = lines.pop() ?? '';
    return lines.map((line) => `${this.#tagged(line)}\n`).join('');
  }

  #tagged(line: string): string {
    if (!this.#isJson || !line.startsWith('{"')) return `[${this.#tag}] ${line}`;
    return `{"@agent":${JSON.stringify(this.#tag)},${line.slice(1)}`;
  }
}
