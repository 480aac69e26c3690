/** A reader that falls this far behind stops the flow; HTTP/2 then holds the peer back. */
const PAUSE_BYTES = 64 * 1024;
const PAUSE_ITEMS = 64;

export interface ItemQueueDeps<Item> {
  /** What an item is to the reader. A throw ends the stream with that error. */
  decode(payload: Buffer): Item;
  pause(): void;
  resume(): void;
  /** The reader wants no more. */
  stop(): void;
}

interface Waiter<Item> {
  resolve(result: IteratorResult<Item, undefined>): void;
  reject(error: unknown): void;
}

/** The items of one stream on their way to a reader; bounded, because it pauses its source. */
export class ItemQueue<Item> implements AsyncIterableIterator<Item, undefined> {
  readonly #deps: ItemQueueDeps<Item>;
  readonly #payloads: Buffer[] = [];
  readonly #waiters: Waiter<Item>[] = [];
  #bytes = 0;
  #isPaused = false;
  /** Set when nothing more comes. */
  #end: { readonly error: unknown } | undefined;

  constructor(deps: ItemQueueDeps<Item>) {
    this.#deps = deps;
  }

  push(payload: Buffer): void {
    if (this.#end !== undefined) return;
    this.#payloads.push(payload);
    this.#bytes += payload.length;
    this.#serve();
    if (!this.#isPaused && this.#isFull()) {
      this.#isPaused = true;
      this.#deps.pause();
    }
  }

  /** @param error - what the reader gets after the items that are here; `undefined`: it is done */
  close(error: unknown): void {
    this.#end ??= { error };
    this.#serve();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.#serve();
    });
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#payloads.length = 0;
    this.#bytes = 0;
    this.#end = { error: undefined };
    this.#deps.stop();
    this.#serve();
    return { done: true, value: undefined };
  }

  #serve(): void {
    for (let waiter = this.#waiters[0]; waiter !== undefined; waiter = this.#waiters[0]) {
      const payload = this.#payloads.shift();
      if (payload !== undefined) {
        this.#bytes -= payload.length;
        this.#waiters.shift();
        this.#deliver(waiter, payload);
      } else if (this.#end !== undefined) {
        this.#waiters.shift();
        // An error is for one reader; those after it find the end.
        const { error } = this.#end;
        this.#end = { error: undefined };
        if (error === undefined) waiter.resolve({ done: true, value: undefined });
        else waiter.reject(error);
      } else break;
    }
    if (this.#isPaused && !this.#isFull()) {
      this.#isPaused = false;
      this.#deps.resume();
    }
  }

  #deliver(waiter: Waiter<Item>, payload: Buffer): void {
    let value: Item;
    try {
      value = this.#deps.decode(payload);
    } catch (error) {
      this.#payloads.length = 0;
      this.#bytes = 0;
      this.#end = { error: undefined };
      this.#deps.stop();
      waiter.reject(error);
      return;
    }
    waiter.resolve({ done: false, value });
  }

  #isFull(): boolean {
    return this.#bytes >= PAUSE_BYTES || this.#payloads.length >= PAUSE_ITEMS;
  }
}
