import type { Random } from '@steppe/runtime';

/** The same chance each time, so that a test can name the delay it expects. */
export class FixedRandom implements Random {
  readonly #value: number;

  constructor(value: number) {
    this.#value = value;
  }

  next(): number {
    return this.#value;
  }

  uuid(): string {
    return '0b7c4c3e-51a8-4a5c-8d0e-3f6f8d4b2a71';
  }
}
