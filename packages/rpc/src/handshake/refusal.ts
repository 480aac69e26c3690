import type { RefusalReason } from '../errors.js';

/** Why a handshake ends without a session. The sentence goes to the log and to the peer: it holds no secrets. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, sentence: string, cause?: unknown) {
    super(sentence, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}

/** A name that a peer announced, as a sentence may repeat it: nothing in it can begin a new line of a log. */
export const quote = (name: string): string => JSON.stringify(name);
