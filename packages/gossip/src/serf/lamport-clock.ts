import type { LamportTime } from '../wire/serf-message.js';

/** How far ahead of us a peer's time may be. Honest clocks differ by the number of messages one of them has missed. */
const MAX_JUMP = 2 ** 32;

/** A Lamport clock: the order of messages of one kind, without anybody's wall clock. Starts at 1. */
export class LamportClock {
  #time: LamportTime = 1;

  /** The time the next message of ours will carry. */
  get time(): LamportTime {
    return this.#time;
  }

  /** Takes the current time for a message of ours and moves on. */
  next(): LamportTime {
    const time = this.#time;
    this.#time += 1;
    return time;
  }

  /**
   * Moves past a time that a message carried, so that whatever we send next counts as later.
   * @returns false when the time is too far ahead to be honest: the clock stays, and the message must be refused
   */
  witness(time: LamportTime): boolean {
    // Differs from serf: one forged message would otherwise move the clock for good and silence everybody who is honest.
    if (time > this.#time + MAX_JUMP) return false;
    if (time >= this.#time) this.#time = time + 1;
    return true;
  }
}
