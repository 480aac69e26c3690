/** The query string of one request. Of a repeated parameter the first value counts unless a list is asked for. */
export class Query {
  static readonly EMPTY = new Query('');
  readonly #parameters: URLSearchParams;

  constructor(text: string) {
    this.#parameters = new URLSearchParams(text);
  }

  /** The first value, or the empty string. */
  get(name: string): string {
    return this.#parameters.get(name) ?? '';
  }

  has(name: string): boolean {
    return this.#parameters.has(name);
  }

  all(name: string): readonly string[] {
    return this.#parameters.getAll(name);
  }

  /** Parameters whose name begins with `prefix`, in order, by the rest of the name; repeated ones as often as they are there. */
  below(prefix: string): readonly (readonly [name: string, value: string])[] {
    return [...this.#parameters]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]);
  }

  /** Whether JSON is wanted indented: any value but `0`, so `pretty=false` is pretty. */
  get pretty(): boolean {
    const value = this.#parameters.get('pretty');
    return value !== null && value !== '0';
  }
}
