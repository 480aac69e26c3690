import { inspect } from 'node:util';

/** What stands in every output where a secret would. */
export const REDACTED = '<redacted>';

/**
 * A text that must not leave the process by accident. Every implicit way out (`JSON.stringify`, string conversion,
 * `util.inspect`, structured logging) yields {@link REDACTED}; only {@link Secret.reveal} gives the value.
 * An empty secret prints as the empty string, so that "not set" stays visible.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The secret itself. Each call site is a place to review. */
  reveal(): string {
    return this.#value;
  }

  get isEmpty(): boolean {
    return this.#value === '';
  }

  equals(other: Secret): boolean {
    return this.#value === other.#value;
  }

  toString(): string {
    return this.isEmpty ? '' : REDACTED;
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return `Secret(${this.toString()})`;
  }
}
