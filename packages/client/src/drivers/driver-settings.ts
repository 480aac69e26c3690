import { nanosecondsToMs, parseGoDuration } from '@steppe/domain';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { clientError } from '../errors.js';
import type { ClientError } from '../errors.js';

/** The settings a task has for its driver, read one by one. What is not right is DRIVER_CONFIG_INVALID, with name and value. */
export class DriverSettings {
  readonly #driver: string;
  readonly #settings: Readonly<Record<string, unknown>>;

  /** @param known - every setting the driver has; any other is refused */
  constructor(driver: string, settings: Readonly<Record<string, unknown>>, known: readonly string[]) {
    this.#driver = driver;
    this.#settings = settings;
    for (const [name, value] of Object.entries(settings)) {
      if (!known.includes(name)) throw this.invalid(name, value, `is not known; there are ${known.join(', ')}`);
    }
  }

  /** A text that must be there. */
  required(name: string): string {
    const value = this.text(name, '');
    if (value === '') throw this.invalid(name, this.#settings[name], 'must be given');
    return value;
  }

  text(name: string, otherwise: string): string {
    const value = this.#settings[name] ?? otherwise;
    if (typeof value !== 'string') throw this.invalid(name, value, 'must be a text');
    if (value.includes('\0')) throw this.invalid(name, value, 'must not have a NUL in it');
    return value;
  }

  /** Numbers and flags in the list are taken as they are written. */
  texts(name: string): readonly string[] {
    const value = this.#settings[name] ?? [];
    if (!Array.isArray(value)) throw this.invalid(name, value, 'must be a list of texts');
    return value.map((item: unknown) => {
      const isPlain = typeof item === 'string' || typeof item === 'number' || typeof item === 'boolean';
      if (!isPlain || String(item).includes('\0')) throw this.invalid(name, item, 'must be a list of texts');
      return String(item);
    });
  }

  choice<T extends string>(name: string, choices: readonly [T, ...T[]]): T {
    const value = this.text(name, choices[0]);
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw this.invalid(name, value, `must be one of ${choices.join(', ')}`);
    return found;
  }

  /** Milliseconds, of a text such as `10s`. */
  durationMs(
    name: string,
    options: { readonly otherwise: string; readonly minMs: number; readonly maxMs: number },
  ): number {
    const value = this.text(name, options.otherwise);
    const ms = this.#parseDuration(name, value);
    if (ms < options.minMs || ms > options.maxMs) {
      throw this.invalid(name, value, `must be from ${options.minMs} ms to ${options.maxMs} ms`);
    }
    return ms;
  }

  /** An existing folder, absolute or relative to that of the task; `otherwise` when it is not given. */
  async folder(name: string, { taskFolder }: { readonly taskFolder: string }): Promise<string> {
    const value = this.text(name, '.');
    const folder = resolve(taskFolder, value);
    const isFolder = await stat(folder).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (!isFolder) throw this.invalid(name, value, 'must be a folder that exists');
    return folder;
  }

  /** The error of a setting; the value is cut short. */
  invalid(name: string, value: unknown, problem: string): ClientError {
    const shown = (JSON.stringify(value) ?? 'nothing').slice(0, 100);
    return clientError(
      { code: 'DRIVER_CONFIG_INVALID', driver: this.#driver, field: name },
      `driver "${this.#driver}": setting "${name}" ${problem}, got ${shown}`,
    );
  }

  #parseDuration(name: string, value: string): number {
    try {
      return nanosecondsToMs(parseGoDuration(value));
    } catch {
      throw this.invalid(name, value, 'must be a duration such as "10s"');
    }
  }
}
