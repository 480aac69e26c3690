/** One event of a stream of server-sent events. */
export interface ServerEvent {
  /** Empty while none was sent. */
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** More than any log line of an agent, with what an event needs around it. */
const MAX_EVENT_LENGTH = 8 * 1024 * 1024;

/** Takes a stream of server-sent events apart, as the HTML standard says. What comes after the last blank line is `rest`. */
export class EventReader {
  readonly #decoder = new TextDecoder();
  #pending = '';
  #id = '';
  #event = '';
  #data: string[] = [];
  #length = 0;

  /** @throws an `Error` when an event does not end */
  push(bytes: Uint8Array): readonly ServerEvent[] {
    this.#pending += this.#decoder.decode(bytes, { stream: true });
    const events: ServerEvent[] = [];
    // A carriage return at the very end may be half of a line end.
    const lines = this.#pending.split(/\r\n|\n|\r(?!$)/);
    this.#pending = lines.pop() ?? '';
    for (const line of lines) {
      const event = this.#line(line);
      if (event !== undefined) events.push(event);
    }
    if (this.#length + this.#pending.length > MAX_EVENT_LENGTH) throw new Error('an event of the stream does not end');
    return events;
  }

  /** What has come of a line that does not end: agents append the text of a late error. */
  get rest(): string {
    return this.#pending;
  }

  #line(line: string): ServerEvent | undefined {
    if (line === '') return this.#dispatch();
    this.#length += line.length;
    const mark = line.indexOf(':');
    // A comment, such as a heartbeat.
    if (mark === 0) return undefined;
    const field = mark === -1 ? line : line.slice(0, mark);
    const value = mark === -1 ? '' : line.slice(mark + 1).replace(/^ /, '');
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#event = value;
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    return undefined;
  }

  #dispatch(): ServerEvent | undefined {
    const event = { id: this.#id, event: this.#event, data: this.#data.join('\n') };
    const isEmpty = this.#data.length === 0;
    this.#event = '';
    this.#data = [];
    this.#length = 0;
    return isEmpty ? undefined : event;
  }
}
