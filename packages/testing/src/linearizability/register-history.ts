import type { RegisterAction, RegisterOperation } from './check-register.js';
import { isLinearizable } from './check-register.js';

/** How an operation went that did not go well: `nothing` surely did nothing, `unknown` may have done what was asked. */
export type FailedOutcome = 'nothing' | 'unknown';

/** Operations on many registers by many clients, as they go on. */
export class RegisterHistory<Value extends string | number> {
  readonly #initial: Value;
  readonly #outcomeOf: (error: unknown) => FailedOutcome;
  readonly #byKey = new Map<string, RegisterOperation<Value>[]>();

  /**
   * @param initial - what every register holds at first
   * @param outcomeOf - what an error tells of the outcome of a write
   */
  constructor(initial: Value, outcomeOf: (error: unknown) => FailedOutcome) {
    this.#initial = initial;
    this.#outcomeOf = outcomeOf;
  }

  /** Number of operations whose outcome is known, and of those whose is not. */
  get counts(): { readonly known: number; readonly unknown: number } {
    const all = [...this.#byKey.values()].flat();
    const known = all.filter(({ returnedAt }) => returnedAt !== undefined).length;
    return { known, unknown: all.length - known };
  }

  /** Never rejects. @returns what was read, `undefined` when that failed */
  async read(key: string, work: () => Promise<Value>): Promise<Value | undefined> {
    const calledAt = performance.now();
    try {
      const value = await work();
      this.#add(key, { kind: 'read', value }, calledAt, performance.now());
      return value;
    } catch {
      return undefined;
    }
  }

  /** Never rejects. */
  async write(key: string, value: Value, work: () => Promise<unknown>): Promise<void> {
    await this.#change(key, work, () => ({ kind: 'write', value }));
  }

  /** Never rejects. @param work - whether the register held what was expected, and therefore changed */
  async cas(key: string, expected: Value, value: Value, work: () => Promise<boolean>): Promise<void> {
    await this.#change(key, work, (succeeded) => ({ kind: 'cas', expected, value, succeeded: succeeded === true }));
  }

  /** Keys of the registers whose history is not linearizable, with that history. */
  violations(): readonly { readonly key: string; readonly operations: readonly RegisterOperation<Value>[] }[] {
    const all = Array.from(this.#byKey, ([key, operations]) => ({ key, operations }));
    return all.filter(({ operations }) => !isLinearizable(operations, this.#initial));
  }

  async #change(
    key: string,
    work: () => Promise<unknown>,
    action: (result: unknown) => RegisterAction<Value>,
  ): Promise<void> {
    const calledAt = performance.now();
    try {
      const result = await work();
      this.#add(key, action(result), calledAt, performance.now());
    } catch (error) {
      if (this.#outcomeOf(error) === 'unknown') this.#add(key, action(undefined), calledAt, undefined);
    }
  }

  #add(key: string, action: RegisterAction<Value>, calledAt: number, returnedAt: number | undefined): void {
    const operations = this.#byKey.get(key) ?? [];
    operations.push({ action, calledAt, returnedAt });
    this.#byKey.set(key, operations);
  }
}
