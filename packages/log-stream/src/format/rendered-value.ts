/** A value that is no text, number or boolean, as a record keeps it when its object is gone: by how it prints. */
export class RenderedValue {
  /** Before any quoting. */
  readonly text: string;
  /** Whether the text is a list, which is printed as it is. */
  readonly isList: boolean;
  readonly #json: string | undefined;

  /** @param json - the value as JSON; `undefined` for one that JSON has no form for */
  constructor(text: string, isList: boolean, json: string | undefined) {
    this.text = text;
    this.isList = isList;
    this.#json = json;
  }

  /** @throws a TypeError when the value had no JSON form */
  json(): string {
    if (this.#json === undefined) throw new TypeError('the value does not serialize');
    return this.#json;
  }
}
