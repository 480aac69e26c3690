import type { Frame } from './stack-profile.js';

/** Numbers frames from 1 on in order of appearance; equal frames share their number. */
export class FrameTable {
  readonly #ids = new Map<string, number>();

  idOf(frame: Frame): number {
    const key = `${frame.functionName}\0${frame.file}\0${frame.line}`;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#ids.size + 1;
    this.#ids.set(key, id);
    return id;
  }
}

/** JavaScript has no addresses; readers want distinct ones that are not zero. */
export const addressOf = (frameId: number): number => frameId * 16;
