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

  /** Whether JSON is wanted indented: any value but `0`, so `pretty=false` is pretty. */
  get pretty(): boolean {
    const value = this.#parameters.get('pretty');
    return value !== null && value !== '0';
  }
}
