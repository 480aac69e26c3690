import type { DomainErrorDetail } from '../errors/errors.js';
import { SteppeError } from '../errors/steppe-error.js';

/** Most items of a list in a body; more are refused before they are looked at. */
const MAX_ITEMS = 10_000;

/**
 * Reads the fields of a JSON object the way Go does: names match in any case, unknown ones are ignored, `null` is the same as
 * leaving a field out, and a value of another type is an error that names the field.
 */
export class WireFields {
  readonly #fields: ReadonlyMap<string, unknown>;
  readonly #type: string;

  /**
   * @param type - of the object, for error texts
   * @param value - an object, or a map that already has its names in lower case
   * @throws WIRE_INVALID
   */
  constructor(type: string, value: unknown) {
    this.#type = type;
    if (value instanceof Map) this.#fields = value as ReadonlyMap<string, unknown>;
    else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      this.#fields = new Map(Object.entries(value).map(([name, field]) => [name.toLowerCase(), field as unknown]));
    } else throw wireInvalid(`json: cannot unmarshal ${kindOf(value)} into Go value of type ${type}`, type);
  }

  text(name: string): string {
    const value = this.value(name);
    if (value === undefined) return '';
    return typeof value === 'string' ? value : this.#refuse(name, value, 'string');
  }

  flag(name: string): boolean {
    const value = this.value(name) ?? false;
    return typeof value === 'boolean' ? value : this.#refuse(name, value, 'bool');
  }

  /** An integer that is not negative, such as a table index. */
  index(name: string): number {
    const value = this.value(name) ?? 0;
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
      ? value
      : this.#refuse(name, value, 'uint64');
  }

  list<T>(name: string, decode: (item: unknown, place: string) => T): readonly T[] {
    const value = this.value(name) ?? [];
    if (!Array.isArray(value)) return this.#refuse(name, value, 'list');
    const place = `${this.#type}.${name}`;
    if (value.length > MAX_ITEMS) throw wireInvalid(`${place}: more than ${MAX_ITEMS} items`, place);
    return value.map((item) => decode(item, place));
  }

  texts(name: string): readonly string[] {
    return this.list(name, (item) => (typeof item === 'string' ? item : this.#refuse(name, item, 'string')));
  }

  /** The field as it is, `undefined` when it is missing or `null`. */
  value(name: string): unknown {
    return this.#fields.get(name.toLowerCase()) ?? undefined;
  }

  #refuse(name: string, value: unknown, wanted: string): never {
    const field = `${this.#type}.${name}`;
    throw wireInvalid(`json: cannot unmarshal ${kindOf(value)} into Go struct field ${field} of type ${wanted}`, field);
  }
}

export const wireInvalid = (message: string, field: string): SteppeError<DomainErrorDetail> =>
  new SteppeError({ code: 'WIRE_INVALID', field }, message);

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
