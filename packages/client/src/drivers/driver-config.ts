import { clientError } from '../errors.js';

/** Reads a driver's settings of a task, and refuses what it does not know. Each error names the setting and its value. */
export class DriverConfig {
  readonly #driver: string;
  readonly #values: Readonly<Record<string, unknown>>;

  /** @throws DRIVER_CONFIG_INVALID for a setting that is not among `known` */
  constructor(driver: string, values: Readonly<Record<string, unknown>>, known: readonly string[]) {
    this.#driver = driver;
    this.#values = values;
    for (const [name, value] of Object.entries(values)) {
      if (!known.includes(name)) throw this.#invalid(name, `is not known; there is ${known.join(', ')}`, value);
    }
  }

  /** @param fallback - without one the setting is needed */
  text(name: string, fallback?: string): string {
    const value = this.#values[name] ?? fallback;
    if (typeof value === 'string' && (value !== '' || fallback === '')) return value;
    throw this.#invalid(name, 'must be a text', value);
  }

  texts(name: string): readonly string[] {
    const value = this.#values[name] ?? [];
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    throw this.#invalid(name, 'must be a list of texts', value);
  }

  oneOf<T extends string>(name: string, choices: readonly T[], fallback: T): T {
    const value = this.text(name, fallback);
    const choice = choices.find((each) => each === value);
    if (choice === undefined) throw this.#invalid(name, `must be ${choices.join(' or ')}`, value);
    return choice;
  }

  invalid(name: string, problem: string): Error {
    return this.#invalid(name, problem, this.#values[name]);
  }

  #invalid(name: string, problem: string, value: unknown): Error {
    return clientError(
      { code: 'DRIVER_CONFIG_INVALID', driver: this.#driver, setting: name },
      `${this.#driver}: config.${name} ${problem}, got ${JSON.stringify(value) ?? 'nothing'}`,
    );
  }
}
