import type { LamportTime } from '../wire/serf-message.js';

/** What one member sent back. */
export type QueryAnswer =
  | { readonly type: 'ack'; readonly from: string }
  | { readonly type: 'response'; readonly from: string; readonly payload: Uint8Array };

/** Everything that came back in time. */
export interface QuerySummary {
  /** Names of the members that acknowledged. */
  readonly acks: readonly string[];
  /** By name, in order of arrival. */
  readonly responses: ReadonlyMap<string, Uint8Array>;
}

/**
 * A query under way. Iterating yields every ack and response from the first on, and ends when the query is over.
 */
export interface Query extends AsyncIterable<QueryAnswer> {
  readonly lTime: LamportTime;
  readonly id: number;
  /** Members that were alive when it was asked, us included: at most as many answers count. */
  readonly numNodes: number;
  /** Resolves when everybody answered, the timeout is over or it was closed; never rejects. */
  readonly done: Promise<QuerySummary>;
  /** Takes no more answers. */
  close(): void;
}

/** What became of an answer. */
export type AnswerOutcome = 'accepted' | 'duplicate' | 'surplus' | 'closed';

export interface QueryCollectorOptions {
  readonly lTime: LamportTime;
  readonly id: number;
  readonly numNodes: number;
  readonly ackRequested: boolean;
  /** Called once when the query is over. */
  readonly onClose: () => void;
}

/** Collects the answers to one query, each member's once. */
export class QueryCollector implements Query {
  readonly lTime: LamportTime;
  readonly id: number;
  readonly numNodes: number;
  readonly done: Promise<QuerySummary>;
  readonly #options: QueryCollectorOptions;
  readonly #acks = new Set<string>();
  readonly #responses = new Map<string, Uint8Array>();
  readonly #answers: QueryAnswer[] = [];
  #resolveDone!: (summary: QuerySummary) => void;
  #closed = false;
  /** Iterations that wait for the next answer or the end. */
  readonly #waiting: (() => void)[] = [];

  constructor(options: QueryCollectorOptions) {
    this.#options = options;
    this.lTime = options.lTime;
    this.id = options.id;
    this.numNodes = options.numNodes;
    this.done = new Promise((resolve) => (this.#resolveDone = resolve));
  }

  /** An answer that named our time and id. */
  accept(answer: QueryAnswer): AnswerOutcome {
    if (this.#closed) return 'closed';
    const seen = answer.type === 'ack' ? this.#acks : this.#responses;
    if (seen.has(answer.from)) return 'duplicate';
    if (seen.size >= this.numNodes) return 'surplus';
    if (answer.type === 'ack') this.#acks.add(answer.from);
    else this.#responses.set(answer.from, answer.payload);
    this.#answers.push(answer);
    this.#wake();
    // Differs from serf: no need to wait for the timeout when nobody is left who could answer.
    const allAcked = !this.#options.ackRequested || this.#acks.size === this.numNodes;
    if (allAcked && this.#responses.size === this.numNodes) this.close();
    return 'accepted';
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#wake();
    this.#resolveDone({ acks: [...this.#acks], responses: new Map(this.#responses) });
    this.#options.onClose();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<QueryAnswer> {
    for (let next = 0; ; next += 1) {
      while (next >= this.#answers.length) {
        if (this.#closed) return;
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
      yield this.#answers[next] as QueryAnswer;
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
