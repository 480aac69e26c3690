import { errorMessage } from '@steppe/domain';
import { setTimeout as wait } from 'node:timers/promises';
import type { ApiClient, QueryValues } from '../api/api-client.js';
import { readBody } from '../api/read-body.js';
import type { DebugBundle } from './debug-bundle.js';

/** No answer that is kept is larger. */
const MAX_ANSWER_BYTES = 128 * 1_024 * 1_024;

/** What all parts of a capture share: whom they ask, where it goes, and when it is over. */
export class DebugSession {
  readonly client: ApiClient;
  readonly bundle: DebugBundle;
  /** Fires when the time is over, or when the user has enough. */
  readonly over: AbortSignal;
  /** Parameters of every request. */
  readonly query: QueryValues;
  readonly #show: (text: string) => void;

  constructor({
    client,
    bundle,
    over,
    query,
    show,
  }: Pick<DebugSession, 'client' | 'bundle' | 'over' | 'query'> & { readonly show: (text: string) => void }) {
    this.client = client;
    this.bundle = bundle;
    this.over = over;
    this.query = query;
    this.#show = show;
  }

  /** Tells the user how far it is. */
  progress(text: string): void {
    this.#show(`    ${text}\n`);
  }

  /** Remembers a failure and tells the user. */
  report(what: string, error: unknown): void {
    this.#show(`${what}: ${this.bundle.fail(what, error)}\n`);
  }

  /** Throws as the client does. */
  async bytes(path: string, query: QueryValues = {}): Promise<Buffer> {
    const { body } = await this.client.download(path, { ...this.query, ...query });
    return readBody(body, MAX_ANSWER_BYTES);
  }

  /**
   * Keeps an answer in JSON as a file, or `{"Error": …}` when there is none, as Nomad does.
   * @returns the answer; `undefined` when there is none
   */
  async json(path: string, query: QueryValues, file: string): Promise<unknown> {
    try {
      const value = JSON.parse((await this.bytes(path, query)).toString('utf8')) as unknown;
      await this.bundle.writeJson(file, value);
      return value;
    } catch (error) {
      await this.bundle.writeJson(file, { Error: this.bundle.fail(file, error) });
      return undefined;
    }
  }

  /** Does something now and after each interval, never twice at a time, until it is over. */
  async repeat(intervalMs: number, once: (round: string) => Promise<void>): Promise<void> {
    for (let round = 0; round === 0 || !this.over.aborted; round += 1) {
      const begun = performance.now();
      await once(`${round}`.padStart(4, '0'));
      const rest = Math.max(0, intervalMs - (performance.now() - begun));
      await wait(rest, undefined, { signal: this.over }).catch((error: unknown) => {
        if (!this.over.aborted) throw new Error(errorMessage(error), { cause: error });
      });
    }
  }
}
