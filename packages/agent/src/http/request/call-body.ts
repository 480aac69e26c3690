import type { BodyLimits } from './body.js';
import { limitBody } from './body.js';

/** Where a body comes from; asked once. */
interface BodySource {
  readonly whole: () => Promise<Buffer>;
  readonly pieces: (limits: BodyLimits) => AsyncIterable<Uint8Array>;
}

/** The body of a request: as a whole, the same for everybody who asks, or, while nobody has, once in pieces. */
export class CallBody {
  readonly #source: BodySource;
  #whole: Promise<Buffer> | undefined;

  constructor(source: BodySource) {
    this.#source = source;
  }

  whole(): Promise<Buffer> {
    this.#whole ??= this.#source.whole();
    return this.#whole;
  }

  pieces(limits: BodyLimits): AsyncIterable<Uint8Array> {
    return this.#whole === undefined ? this.#source.pieces(limits) : limitBody(onePiece(this.#whole), limits);
  }
}

async function* onePiece(whole: Promise<Buffer>): AsyncGenerator<Uint8Array> {
  yield await whole;
}
