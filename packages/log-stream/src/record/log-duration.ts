import { formatGoDuration, msToNanoseconds } from '@steppe/domain';

const BRAND = Symbol.for('@steppe/log-stream/LogDuration');

/** A length of time as a log field: text lines print it as Go does (`1m30s`), JSON lines as integer nanoseconds. */
export class LogDuration {
  readonly nanoseconds: bigint;

  constructor(nanoseconds: bigint) {
    this.nanoseconds = nanoseconds;
    Object.defineProperty(this, BRAND, { value: true });
  }

  static ofMs(ms: number): LogDuration {
    return new LogDuration(msToNanoseconds(ms));
  }

  toString(): string {
    return formatGoDuration(this.nanoseconds);
  }
}

/** Whether `value` is a duration, of this or another installed copy of the package. */
export function isLogDuration(value: object): value is LogDuration {
  return BRAND in value;
}
