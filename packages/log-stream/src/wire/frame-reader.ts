import { logStreamError } from '../errors.js';
import type { StreamFrame } from './frame.js';

/**
 * The other end of a stream: feed it the body as it arrives, get frames back. Independent of the encoder: it finds the end
 * of each object by its braces, tolerates blanks between objects and any order of keys.
 */
export class FrameReader {
  readonly #decoder = new TextDecoder();
  readonly #maxFrameLength: number;
  #pending = '';

  /** @param options - `maxFrameLength`: characters a frame may have; default 1 Mi, since the remote is not to be trusted */
  constructor({ maxFrameLength = 1_048_576 }: { readonly maxFrameLength?: number } = {}) {
    this.#maxFrameLength = maxFrameLength;
  }

  /**
   * @returns the frames that are now complete, heartbeats included
   * @throws STREAM_FRAME_INVALID with what stands there instead of a frame: agents append the text of a late error. Frames in front
   * of it are returned; the next call, or {@link end}, throws then
   */
  push(bytes: Uint8Array): StreamFrame[] {
    this.#pending += this.#decoder.decode(bytes, { stream: true });
    const frames: StreamFrame[] = [];
    for (;;) {
      this.#pending = this.#pending.trimStart();
      if (this.#pending !== '' && !this.#pending.startsWith('{')) {
        if (frames.length > 0) return frames;
        throw this.#invalid(this.#pending);
      }
      const end = objectEnd(this.#pending);
      if (end === undefined) break;
      frames.push(this.#parse(this.#pending.slice(0, end)));
      this.#pending = this.#pending.slice(end);
    }
    if (this.#pending.length > this.#maxFrameLength) throw this.#invalid(this.#pending);
    return frames;
  }

  /** Says that the body is over. @throws STREAM_FRAME_INVALID when it stopped within a frame */
  end(): void {
    if (this.#pending.trim() !== '') throw this.#invalid(this.#pending);
  }

  #parse(text: string): StreamFrame {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw this.#invalid(text);
    }
    const { Data = '', FileEvent = '', Offset = 0 } = value as Readonly<Record<string, unknown>>;
    if (typeof Data !== 'string' || typeof FileEvent !== 'string' || typeof Offset !== 'number')
      throw this.#invalid(text);
    return { data: Buffer.from(Data, 'base64'), fileEvent: FileEvent, offset: Offset };
  }

  #invalid(text: string): Error {
    const excerpt = text.slice(0, 200);
    return logStreamError({ code: 'STREAM_FRAME_INVALID', text: excerpt }, `invalid stream frame: ${excerpt}`);
  }
}

/** Where the object at the start of `text` ends; `undefined` when it does not yet. */
function objectEnd(text: string): number | undefined {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i];
    if (inString) {
      if (char === '\\') i += 1;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{') depth += 1;
    else if (char === '}') {
      depth -= 1;
      if (depth === 0) return i + 1;
    }
  }
  return undefined;
}
