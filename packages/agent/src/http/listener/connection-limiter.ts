import type { Clock } from '@steppe/runtime';

/** What to do with a new connection. `silent`: close without a word, the refusals themselves are too many. */
export type Admission = 'admitted' | 'refused' | 'silent';

/** Refusal replies per second, and how many may be saved up. */
const REPLIES_PER_SECOND = 10;
const REPLY_BURST = 100;

/** Counts open connections by source address and refuses those beyond the limit. */
export class ConnectionLimiter {
  readonly #limit: number;
  readonly #clock: Clock;
  readonly #open = new Map<string, number>();
  #replies = REPLY_BURST;
  #refilledAt: number;

  /** @param limit - connections per address; 0 is unlimited */
  constructor({ limit }: { readonly limit: number }, { clock }: { readonly clock: Clock }) {
    this.#limit = limit;
    this.#clock = clock;
    this.#refilledAt = clock.monotonic();
  }

  admit(address: string): Admission {
    const open = this.#open.get(address) ?? 0;
    if (this.#limit > 0 && open >= this.#limit) return this.#takeReply() ? 'refused' : 'silent';
    this.#open.set(address, open + 1);
    return 'admitted';
  }

  /** To be called once for every admitted connection that closes. */
  release(address: string): void {
    const open = (this.#open.get(address) ?? 1) - 1;
    if (open === 0) this.#open.delete(address);
    else this.#open.set(address, open);
  }

  #takeReply(): boolean {
    const now = this.#clock.monotonic();
    this.#replies = Math.min(REPLY_BURST, this.#replies + ((now - this.#refilledAt) / 1_000) * REPLIES_PER_SECOND);
    this.#refilledAt = now;
    if (this.#replies < 1) return false;
    this.#replies -= 1;
    return true;
  }
}
