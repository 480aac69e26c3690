import { userInfo } from 'node:os';
import { clientError } from '../errors.js';
import type { TaskStart } from './task-driver.js';

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

  refusedUser(user: string, own: string): Error {
    return clientError(
      { code: 'DRIVER_CONFIG_INVALID', driver: this.#driver, setting: 'user' },
      `${this.#driver}: user must be that of the agent, ${own}, got ${JSON.stringify(user)}`,
    );
  }

  #invalid(name: string, problem: string, value: unknown): Error {
    return clientError(
      { code: 'DRIVER_CONFIG_INVALID', driver: this.#driver, setting: name },
      `${this.#driver}: config.${name} ${problem}, got ${JSON.stringify(value) ?? 'nothing'}`,
    );
  }
}

/** Tasks run as the user of the agent. @throws DRIVER_CONFIG_INVALID for another one */
export function demandOwnUser({ user }: Pick<TaskStart, 'user'>, config: DriverConfig): void {
  const { uid, username } = userInfo();
  if (user !== '' && user !== username && user !== `${uid}`) throw config.refusedUser(user, username);
}
