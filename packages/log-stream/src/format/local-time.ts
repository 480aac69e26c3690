/** Moments in one time zone, in the two spellings of log lines. */
export class LocalTime {
  readonly #zoneOffsetMinutes: (unixMs: number) => number;
  // Records come in order, so nearly all of them share the second of the one before.
  #second = Number.NaN;
  #prefix = '';
  #textZone = '';
  #jsonZone = '';

  /** @param zoneOffsetMinutes - minutes east of UTC at a moment; default the zone of the process */
  constructor(zoneOffsetMinutes: (unixMs: number) => number = zoneOfProcess) {
    this.#zoneOffsetMinutes = zoneOffsetMinutes;
  }

  /** `2031-05-06T07:08:09.123Z` or `…+0200`: milliseconds, truncated. */
  text(unixMs: number): string {
    const fraction = this.#microseconds(unixMs);
    return `${this.#prefix}.${fraction.slice(0, 3)}${this.#textZone}`;
  }

  /** `2031-05-06T07:08:09.123456Z` or `…+02:00`. */
  json(unixMs: number): string {
    const fraction = this.#microseconds(unixMs);
    return `${this.#prefix}.${fraction}${this.#jsonZone}`;
  }

  /** Points the prefix at the second of `unixMs` and returns what is left of it, six digits. */
  #microseconds(unixMs: number): string {
    const second = Math.floor(unixMs / 1_000);
    if (second !== this.#second) this.#moveTo(second);
    // Rounded, because a millisecond count this large carries fractions only to about a quarter of a microsecond.
    const micros = Math.min(999_999, Math.round((unixMs - second * 1_000) * 1_000));
    return `${micros}`.padStart(6, '0');
  }

  #moveTo(second: number): void {
    const offset = Math.round(this.#zoneOffsetMinutes(second * 1_000));
    this.#second = second;
    this.#prefix = new Date(second * 1_000 + offset * 60_000).toISOString().slice(0, 19);
    const hours = `${Math.floor(Math.abs(offset) / 60)}`.padStart(2, '0');
    const minutes = `${Math.abs(offset) % 60}`.padStart(2, '0');
    const sign = offset < 0 ? '-' : '+';
    this.#textZone = offset === 0 ? 'Z' : `${sign}${hours}${minutes}`;
    this.#jsonZone = offset === 0 ? 'Z' : `${sign}${hours}:${minutes}`;
  }
}

const zoneOfProcess = (unixMs: number): number => -new Date(unixMs).getTimezoneOffset();
