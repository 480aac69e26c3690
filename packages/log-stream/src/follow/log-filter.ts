import type { TextPattern } from '@steppe/domain';
import type { Clock } from '@steppe/runtime';
import { textValue } from '../format/text-value.js';
import type { PublishedRecord } from '../hub/published-record.js';

/** What a reader wants of the records of its level; every condition given must hold. */
export interface LogFilterOptions {
  /** Loggers by name, with everything below them; one of them is enough. */
  readonly loggers?: readonly string[];
  /** Must be in the text line, without its time, level and line feed. */
  readonly text?: string;
  /** Must match the first 512 characters of that. */
  readonly pattern?: TextPattern;
  /** Fields by key, and the text of their value before any quoting. */
  readonly fields?: readonly (readonly [key: string, text: string])[];
}

/** Where a pattern is run, it takes time for each character. */
const MAX_PATTERN_TEXT = 512;
/** Time that one reader's pattern may take of each second of the agent's. */
const PATTERN_MS_PER_SECOND = 20;

/** Says of records whether one reader wants them. Costs the agent a bounded share of its time, whatever the reader asks for. */
export class LogFilter {
  readonly #options: LogFilterOptions;
  readonly #clock: Clock;
  #second = Number.NaN;
  #spentMs = 0;

  constructor(options: LogFilterOptions, { clock }: { readonly clock: Clock }) {
    this.#options = options;
    this.#clock = clock;
  }

  /** @returns `unknown` when the reader's time for this second is used up */
  accepts(record: PublishedRecord): boolean | 'unknown' {
    if (!this.#passes(record)) return false;
    const { pattern } = this.#options;
    if (pattern === undefined) return true;
    const started = this.#clock.monotonic();
    const second = Math.floor(started / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#spentMs = 0;
    }
    if (this.#spentMs >= PATTERN_MS_PER_SECOND) return 'unknown';
    const matches = matchesText(pattern, record);
    this.#spentMs += this.#clock.monotonic() - started;
    return matches;
  }

  /** The same without a limit, for those who let others have their turn in between. */
  acceptsInOwnTime(record: PublishedRecord): boolean {
    const { pattern } = this.#options;
    return this.#passes(record) && (pattern === undefined || matchesText(pattern, record));
  }

  /** The conditions that cost next to nothing. */
  #passes(record: PublishedRecord): boolean {
    const { text } = this.#options;
    return (
      this.#isNamed(record) && this.#hasFields(record) && (text === undefined || searchedText(record).includes(text))
    );
  }

  #isNamed({ record: { name } }: PublishedRecord): boolean {
    const { loggers = [] } = this.#options;
    return loggers.length === 0 || loggers.some((logger) => name === logger || name.startsWith(`${logger}.`));
  }

  #hasFields({ record: { fields, implied } }: PublishedRecord): boolean {
    return (this.#options.fields ?? []).every(([key, text]) => {
      if (Object.hasOwn(fields, key)) return textValue(fields[key]) === text;
      return implied.some(([name, value]) => name === key && textValue(value) === text);
    });
  }
}

/** Time, level and the blanks around them: `2031-05-06T07:08:09.123+0200 [INFO]  `. */
const PREAMBLE = /^\S+ \[[A-Z]+\] {1,2}/;

function searchedText(record: PublishedRecord): string {
  return record.line({ json: false, location: false }).replace(PREAMBLE, '').replace(/\n$/, '');
}

const matchesText = (pattern: TextPattern, record: PublishedRecord): boolean =>
  pattern.test(searchedText(record).slice(0, MAX_PATTERN_TEXT));
