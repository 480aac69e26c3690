import { apiError } from '../../http/api-error.js';
import type { ApiRequest } from '../../http/request/api-request.js';

export interface StreamSlotsOptions {
  /** Streams that one token may have open at once. */
  readonly maxPerToken: number;
  /** Streams of everybody together. */
  readonly maxTotal: number;
}

/** Counts the log streams of this agent by whose they are, so that nobody opens them without end. */
export class StreamSlots {
  readonly #options: StreamSlotsOptions;
  readonly #byToken = new Map<string, number>();
  #total = 0;

  constructor(options: StreamSlotsOptions) {
    this.#options = options;
  }

  get total(): number {
    return this.#total;
  }

  /** Takes a slot until the request is over. @throws LOG_STREAMS_FULL */
  async take(request: Pick<ApiRequest, 'caller' | 'signal'>): Promise<void> {
    const { signal } = request;
    const { accessorId, nodeId } = await request.caller();
    const { maxPerToken, maxTotal } = this.#options;
    const token = accessorId === '' ? `node ${nodeId}` : accessorId;
    const own = this.#byToken.get(token) ?? 0;
    if (this.#total >= maxTotal) {
      throw apiError('LOG_STREAMS_FULL', `the agent has ${maxTotal} log streams open, and may have no more`);
    }
    // Without ACLs everybody is the same.
    if (own >= maxPerToken && token !== 'acls-disabled') {
      throw apiError('LOG_STREAMS_FULL', `this token has ${maxPerToken} log streams open, and may have no more`);
    }
    if (signal.aborted) return;
    this.#total += 1;
    this.#byToken.set(token, own + 1);
    signal.addEventListener('abort', () => this.#release(token), { once: true });
  }

  #release(token: string): void {
    this.#total -= 1;
    const rest = (this.#byToken.get(token) ?? 0) - 1;
    if (rest > 0) this.#byToken.set(token, rest);
    else this.#byToken.delete(token);
  }
}
