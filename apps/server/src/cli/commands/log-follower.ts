import { errorMessage } from '@steppe/domain';
import { FrameReader } from '@steppe/log-stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { ApiClient, Download, QueryValues } from '../api/api-client.js';
import { UnexpectedResponse } from '../api/api-client.js';
import { EventReader } from './event-reader.js';

export interface LogRequest {
  readonly query: QueryValues;
  /** The bytes of the lines as they come, from an agent of any kind. */
  readonly isPlain: boolean;
  /** The log has no end: when it breaks off, it is taken up again where that is possible. */
  readonly isEndless: boolean;
  readonly signal: AbortSignal;
  /** Given lines, whole where the agent numbers them; resolves when more may come. */
  readonly onLines: (lines: Uint8Array) => Promise<void>;
  /** Told what the user should know beside the log. */
  readonly onNotice: (text: string) => void;
}

const MONITOR = '/v1/agent/monitor';
/** How long an agent that was there may be away, as while it is started anew. */
const PATIENCE_MS = 30_000;
const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 2_000;

/** Follows the log of one agent. Resolves at its end, or when the signal aborts. */
export class LogFollower {
  readonly #client: ApiClient;
  readonly #request: LogRequest;
  /** Number of the last record seen; empty from an agent that does not number them. */
  #lastId = '';

  constructor(client: ApiClient, request: LogRequest) {
    this.#client = client;
    this.#request = request;
  }

  /** @throws an `Error` with what to tell the user */
  async run(): Promise<void> {
    const { signal, isEndless, onNotice } = this.#request;
    try {
      let download = await this.#open().catch((error: unknown) => {
        throw new Error(`Error starting monitor: ${errorMessage(error)}`, { cause: error });
      });
      for (;;) {
        const broken = await this.#copy(download);
        if (signal.aborted || (broken === undefined && !(isEndless && this.#lastId !== ''))) return;
        if (this.#lastId === '' || !isEndless) throw new Error(`error monitoring logs: ${errorMessage(broken)}`);
        onNotice('the log broke off; it is taken up again');
        download = await this.#reopen();
      }
    } catch (error) {
      // Whoever has enough does not want to know what that has broken.
      if (!signal.aborted) throw error;
    }
  }

  #open(): Promise<Download> {
    const { query, isPlain, signal } = this.#request;
    const headers: Record<string, string> = {};
    if (!isPlain) headers['Accept'] = 'text/event-stream';
    if (this.#lastId !== '') headers['Last-Event-ID'] = this.#lastId;
    return this.#client.download(MONITOR, query, { headers, signal });
  }

  async #reopen(): Promise<Download> {
    const begun = performance.now();
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(MAX_PAUSE_MS, pause * 2)) {
      await wait(pause, undefined, { signal: this.#request.signal });
      try {
        return await this.#open();
      } catch (error) {
        // An agent that answers means it, unless it is just starting and has nobody to ask yet.
        const isFinal = error instanceof UnexpectedResponse && error.status < 500;
        if (isFinal || performance.now() - begun > PATIENCE_MS) {
          throw new Error(`error monitoring logs: ${errorMessage(error)}`, { cause: error });
        }
      }
    }
  }

  /** Copies a body to its end. @returns why it broke off, if it did */
  async #copy({ headers, body }: Download): Promise<unknown> {
    const type = headers['content-type'] ?? '';
    const take = type.startsWith('text/event-stream') ? this.#takeEvents() : this.#takeOther();
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) await take.push(chunk);
      take.end();
      return undefined;
    } catch (error) {
      return error;
    }
  }

  #takeEvents() {
    const reader = new EventReader();
    return {
      push: async (chunk: Uint8Array): Promise<void> => {
        const events = reader.push(chunk);
        if (events.length === 0) return;
        await this.#request.onLines(
          Buffer.from(events.map(({ event, data }) => (event === 'gap' ? gapLine(data) : `${data}\n`)).join('')),
        );
        this.#lastId = events.at(-1)?.id ?? this.#lastId;
      },
      end: (): void => {
        if (reader.rest !== '') throw new Error(reader.rest);
      },
    };
  }

  /** Frames, or the bytes themselves. */
  #takeOther() {
    const { isPlain, onLines } = this.#request;
    const reader = new FrameReader();
    return {
      push: async (chunk: Uint8Array): Promise<void> => {
        const lines = isPlain ? chunk : Buffer.concat(reader.push(chunk).map(({ data }) => data));
        if (lines.length > 0) await onLines(lines);
      },
      end: (): void => {
        if (!isPlain) reader.end();
      },
    };
  }
}

function gapLine(data: string): string {
  const { from, lost, to } = JSON.parse(data) as Readonly<Record<'from' | 'lost' | 'to', number>>;
  return `[WARN] Monitor dropped ${lost} logs during monitor request: from=${from} to=${to}\n`;
}
