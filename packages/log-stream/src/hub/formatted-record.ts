import type { LineFormat, LogRecord } from '../record/log-record.js';

/** The two forms of a line. */
export interface LineFormats {
  readonly text: LineFormat;
  readonly json: LineFormat;
}

/** What a reader wants to see of a record. */
export interface LineStyle {
  readonly json: boolean;
  readonly location: boolean;
}

/** A record and the lines made of it so far: however many readers, each form is made once. */
export class FormattedRecord {
  readonly #record: LogRecord;
  readonly #formats: LineFormats;
  readonly #lines: (string | undefined)[] = [undefined, undefined, undefined, undefined];
  readonly #bytes: (Uint8Array | undefined)[] = [undefined, undefined, undefined, undefined];

  constructor(record: LogRecord, formats: LineFormats) {
    this.#record = record;
    this.#formats = formats;
  }

  line(style: LineStyle): string {
    const slot = slotOf(style);
    return (this.#lines[slot] ??= this.#formats[style.json ? 'json' : 'text'](this.#record, style));
  }

  bytes(style: LineStyle): Uint8Array {
    const slot = slotOf(style);
    return (this.#bytes[slot] ??= Buffer.from(this.line(style)));
  }
}

const slotOf = ({ json, location }: LineStyle): number => (json ? 2 : 0) + (location ? 1 : 0);
