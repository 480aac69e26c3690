import type { Clock, Timer } from '@steppe/runtime';
import type { FeedGap, FeedItem } from '../hub/record-queue.js';
import type { ByteSink } from '../monitor/byte-sink.js';
import { FrameWriter } from '../monitor/frame-writer.js';

/** How numbered records go over the wire. */
export type FollowEncoding =
  /** Frames of the monitor, or its plain lines; numbers are not sent, gaps are a line. */
  | 'frames'
  | 'plain'
  /** Server-sent events. */
  | 'events'
  /** A JSON object a line. */
  | 'ndjson';

export interface ItemWriter {
  /** Writes items; resolves when the reader can take more, or is gone. */
  write(items: readonly FeedItem[]): Promise<void>;
  /** The items are over. */
  end(): Promise<void>;
  /** Nothing is written any more; a pending write resolves. */
  close(): void;
}

export interface ItemWriterDeps {
  readonly clock: Clock;
  readonly sink: ByteSink;
}

export function itemWriter(
  encoding: FollowEncoding,
  { json }: { readonly json: boolean },
  deps: ItemWriterDeps,
): ItemWriter {
  switch (encoding) {
    case 'frames':
    case 'plain':
      return new FramedItems({ plain: encoding === 'plain', json }, deps);
    case 'events':
      return new TextItems({ itemText: eventOf, first: RETRY, heartbeat: ':\n\n' }, deps);
    case 'ndjson':
      return new TextItems({ itemText: objectOf, first: '', heartbeat: '{}\n' }, deps);
  }
}

const HEARTBEAT_MS = 1_000;
/** A reader whose connection breaks off comes back after a second. */
const RETRY = 'retry: 1000\n\n';

/** A gap as JSON, its keys in order. */
const gapJson = ({ from, to, lost }: FeedGap): string => `{"from":${from},"lost":${lost},"to":${to}}`;
const gapObject = (gap: FeedGap): string => `{"@gap":${gapJson(gap)}}\n`;

const objectOf = (item: FeedItem): Uint8Array => (item.kind === 'line' ? item.line : Buffer.from(gapObject(item)));

/** What ends a line of an event stream: all of it would end a field, whatever comes from a log line. */
const LINE_ENDS = /\r\n|\r|\n/;

function eventOf(item: FeedItem): Uint8Array {
  if (item.kind === 'gap') return Buffer.from(`id: ${item.to}\nevent: gap\ndata: ${gapJson(item)}\n\n`);
  const text = Buffer.from(item.line.buffer, item.line.byteOffset, item.line.byteLength).toString().replace(/\n$/, '');
  const data = text.split(LINE_ENDS).map((line) => `data: ${line}\n`);
  return Buffer.from(`id: ${item.sequence}\n${data.join('')}\n`);
}

/** Waits for a reader that is behind, without holding on to one that is gone. */
class Gate {
  #open = true;
  #closed = false;
  #waiting: (() => void) | undefined;

  get isOpen(): boolean {
    return this.#open && !this.#closed;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  shut(): void {
    this.#open = false;
  }

  open(): void {
    this.#open = true;
    this.#waiting?.();
  }

  close(): void {
    this.#closed = true;
    this.#waiting?.();
  }

  async passed(): Promise<void> {
    if (this.#open || this.#closed) return;
    await new Promise<void>((resolve) => (this.#waiting = resolve));
    this.#waiting = undefined;
  }
}

interface TextItemsOptions {
  readonly itemText: (item: FeedItem) => Uint8Array;
  readonly first: string;
  readonly heartbeat: string;
}

/** Items that are whole texts: written at once, a heartbeat each second. */
class TextItems implements ItemWriter {
  readonly #options: TextItemsOptions;
  readonly #sink: ByteSink;
  readonly #gate = new Gate();
  readonly #beats: Timer;

  constructor(options: TextItemsOptions, { clock, sink }: ItemWriterDeps) {
    this.#options = options;
    this.#sink = sink;
    this.#beats = clock.setTicker(HEARTBEAT_MS, () => this.#beat());
    if (options.first !== '') this.#send(Buffer.from(options.first));
  }

  async write(items: readonly FeedItem[]): Promise<void> {
    await this.#gate.passed();
    if (this.#gate.isOpen) this.#send(Buffer.concat(items.map(this.#options.itemText)));
    await this.#gate.passed();
  }

  end(): Promise<void> {
    return this.#gate.passed();
  }

  close(): void {
    this.#beats.cancel();
    this.#gate.close();
  }

  #beat(): void {
    if (this.#gate.isOpen) this.#send(Buffer.from(this.#options.heartbeat));
  }

  #send(bytes: Uint8Array): void {
    if (this.#sink.write(bytes)) return;
    this.#gate.shut();
    this.#sink.onDrain(() => this.#gate.open());
  }
}

/** Items as lines within the frames of the monitor, at its pace. */
class FramedItems implements ItemWriter {
  readonly #json: boolean;
  readonly #gate = new Gate();
  readonly #frames: FrameWriter;

  constructor({ plain, json }: { readonly plain: boolean; readonly json: boolean }, { clock, sink }: ItemWriterDeps) {
    this.#json = json;
    this.#frames = new FrameWriter(
      { plain, fileEvent: 'log', wholeCharacters: true },
      { clock, sink, onUnblocked: () => this.#gate.open() },
    );
  }

  async write(items: readonly FeedItem[]): Promise<void> {
    for (const item of items) {
      const line = item.kind === 'line' ? item.line : Buffer.from(this.#json ? gapObject(item) : gapLine(item));
      for (let at = 0; at < line.length && !this.#gate.isClosed; ) {
        await this.#unblocked();
        at = this.#frames.add(line, at, 0);
      }
    }
    await this.#unblocked();
  }

  async end(): Promise<void> {
    await this.#unblocked();
    if (!this.#gate.isClosed) this.#frames.flush();
  }

  close(): void {
    this.#frames.close();
    this.#gate.close();
  }

  async #unblocked(): Promise<void> {
    if (!this.#frames.blocked) return;
    this.#gate.shut();
    await this.#gate.passed();
  }
}

/** The line of the monitor with the numbers behind it. */
const gapLine = ({ from, to, lost }: FeedGap): string =>
  `[WARN] Monitor dropped ${lost} logs during monitor request: from=${from} to=${to}\n`;
