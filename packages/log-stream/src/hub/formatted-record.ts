import type { LineFormat, LogRecord } from '../record/log-record.js';
import type { LineStyle, PublishedRecord } from './published-record.js';

/** The two forms of a line. */
export interface LineFormats {
  readonly text: LineFormat;
  readonly json: LineFormat;
}

/** A record and the lines made of it so far: however many readers, each form is made once. */
export class FormattedRecord implements PublishedRecord {
  readonly sequence: number;
  readonly record: LogRecord;
  readonly #formats: LineFormats;
  readonly #lines: (string | undefined)[] = [undefined, undefined, undefined, undefined];
  readonly #bytes: (Uint8Array | undefined)[] = [undefined, undefined, undefined, undefined];

  constructor(sequence: number, record: LogRecord, formats: LineFormats) {
    this.sequence = sequence;
    this.record = record;
    this.#formats = formats;
  }

  line(style: LineStyle): string {
    const slot = slotOf(style);
    return (this.#lines[slot] ??= this.#formats[style.json ? 'json' : 'text'](this.record, {
      location: style.location,
      ...(style.numbered === true ? { sequence: this.sequence } : {}),
    }));
  }

  bytes(style: LineStyle): Uint8Array {
    const slot = slotOf(style);
    return (this.#bytes[slot] ??= Buffer.from(this.line(style)));
  }
}

const slotOf = ({ json, location, numbered }: LineStyle): number =>
  (location ? 1 : 0) + (json ? 2 : 0) + (numbered === true ? 4 : 0);
