/** What to do about replies to one ping. */
export interface AckHandlers {
  /** Called at most once. */
  onAck(payload: Uint8Array): void;
  onNack?(): void;
}

/** Sequence numbers are uint32 on the wire. */
const SEQ_NO_RANGE = 2 ** 32;

/** The pings of ours that still wait for a reply, by sequence number. Who registers one also forgets it in time. */
export class AckRegistry {
  readonly #waiting = new Map<number, AckHandlers>();
  #lastSeqNo = 0;

  /** Pings waiting. */
  get size(): number {
    return this.#waiting.size;
  }

  /** @returns the sequence number to ping with; the first is 1 */
  expect(handlers: AckHandlers): number {
    this.#lastSeqNo = (this.#lastSeqNo + 1) % SEQ_NO_RANGE;
    this.#waiting.set(this.#lastSeqNo, handlers);
    return this.#lastSeqNo;
  }

  forget(seqNo: number): void {
    this.#waiting.delete(seqNo);
  }

  /** A late, repeated or invented ack finds nobody waiting. */
  acked(seqNo: number, payload: Uint8Array): void {
    const handlers = this.#waiting.get(seqNo);
    if (handlers === undefined) return;
    this.#waiting.delete(seqNo);
    handlers.onAck(payload);
  }

  nacked(seqNo: number): void {
    this.#waiting.get(seqNo)?.onNack?.();
  }
}
