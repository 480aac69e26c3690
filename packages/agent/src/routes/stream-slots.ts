import { apiError } from '../http/api-error.js';
import type { ApiRequest } from '../http/request/api-request.js';

export interface StreamSlotsOptions {
  /** Streams that one token may have open at once. */
  readonly maxPerToken: number;
  /** Streams of everybody together. */
  readonly maxTotal: number;
}

/** Counts the streams of one kind on this agent by whose they are, so that nobody opens them without end. */
export class StreamSlots {
  readonly #kind: 'log' | 'event';
  readonly #options: StreamSlotsOptions;
  readonly #byToken = new Map<string, number>();
  #total = 0;

  constructor(kind: 'log' | 'event', options: StreamSlotsOptions) {
    this.#kind = kind;
    this.#options = options;
  }

  get total(): number {
    return this.#total;
  }

  /**
   * Takes a slot until the request is over, or what is returned is called: by a stream that may end before its reader is gone.
   * @throws STREAMS_FULL
   */
  async take(request: Pick<ApiRequest, 'caller' | 'signal'>): Promise<() => void> {
    const { signal } = request;
    const { accessorId, nodeId } = await request.caller();
    const { maxPerToken, maxTotal } = this.#options;
    const token = accessorId === '' ? `node ${nodeId}` : accessorId;
    const own = this.#byToken.get(token) ?? 0;
    const full = (who: string, max: number) =>
      apiError('STREAMS_FULL', `${who} has ${max} ${this.#kind} streams open, and may have no more`);
    if (this.#total >= maxTotal) throw full('the agent', maxTotal);
    // Without ACLs everybody is the same.
    if (own >= maxPerToken && token !== 'acls-disabled') throw full('this token', maxPerToken);
    if (signal.aborted) return () => undefined;
    this.#total += 1;
    this.#byToken.set(token, own + 1);
    let isTaken = true;
    const release = (): void => {
      if (isTaken) this.#release(token);
      isTaken = false;
      signal.removeEventListener('abort', release);
    };
    signal.addEventListener('abort', release);
    return release;
  }

  #release(token: string): void {
    this.#total -= 1;
    const rest = (this.#byToken.get(token) ?? 0) - 1;
    if (rest > 0) this.#byToken.set(token, rest);
    else this.#byToken.delete(token);
  }
}
