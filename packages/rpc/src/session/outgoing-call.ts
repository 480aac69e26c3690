import type { Clock, Timer } from '@steppe/runtime';
import type { ClientHttp2Stream, IncomingHttpHeaders, IncomingHttpStatusHeader } from 'node:http2';
import { constants } from 'node:http2';
import { rpcError } from '../errors.js';
import { encodeFrameHeader, FrameDecoder, FrameKind, writeBytes } from '../wire/frame.js';
import { decodeFailure } from '../wire/failure.js';
import type { CallMeter, MeteredCall } from './call-meter.js';

export interface OutgoingCallOptions {
  readonly method: string;
  /** Names the peer in errors. */
  readonly target: string;
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly stopGraceMs: number;
  /** Kind of the frames that answer. */
  readonly answer: typeof FrameKind.message | typeof FrameKind.bytes;
  /** Whether the first answer is the only one. */
  readonly isUnary: boolean;
}

export interface OutgoingCallDeps {
  readonly clock: Clock;
  readonly meter: CallMeter;
  onAnswer(payload: Buffer): void;
  /** Once, last; without an error the answer is complete. */
  onEnd(error?: unknown): void;
}

/**
 * The calling end of one stream. The request's body stays open while the call runs, and ends to say that no more is
 * wanted, whereupon the peer ends its answer. Resets are kept for peers that do not: Node closes a session whose peer
 * resets about a thousand streams in a short time.
 */
export class OutgoingCall {
  readonly #stream: ClientHttp2Stream;
  readonly #options: OutgoingCallOptions;
  readonly #deps: OutgoingCallDeps;
  readonly #decoder: FrameDecoder;
  readonly #metered: MeteredCall;
  #deadline: Timer | undefined;
  #grace: Timer | undefined;
  #isOver = false;
  /** Wakes the sender of the body when it waits for room. */
  #wake: (() => void) | undefined;
  /** Ends the iteration that the body comes from. */
  #closeBody: (() => void) | undefined;

  constructor(stream: ClientHttp2Stream, options: OutgoingCallOptions, deps: OutgoingCallDeps) {
    this.#stream = stream;
    this.#options = options;
    this.#deps = deps;
    this.#metered = deps.meter.made(options.method);
    const kinds = options.isUnary
      ? [options.answer, FrameKind.failure]
      : [options.answer, FrameKind.failure, FrameKind.end];
    this.#decoder = new FrameDecoder(kinds, (kind, payload) => this.#onFrame(kind, payload));
  }

  /**
   * Begins the call; once.
   * @param body - what follows the request, of a method that takes a body
   */
  send(request: Buffer, body?: AsyncIterable<Uint8Array>): void {
    const stream = this.#stream;
    const { timeoutMs, signal } = this.#options;
    if (timeoutMs !== undefined) this.#deadline = this.#deps.clock.setTimer(timeoutMs, this.#onDeadline);
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    stream.once('response', this.#onResponse);
    stream.on('data', this.#onData);
    stream.once('end', () => this.#lost(undefined));
    stream.on('error', (error) => this.#lost(error));
    stream.once('close', () => {
      this.#lost(undefined);
      this.#deadline?.cancel();
      this.#grace?.cancel();
    });
    stream.write(request);
    if (body !== undefined) void this.#sendBody(body);
  }

  /** Ends the call early: nothing more is delivered. */
  stop(error: unknown): void {
    this.#finish(error, true);
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  /** Takes from the body what the peer has room for, as long as the call goes on. Never rejects. */
  async #sendBody(body: AsyncIterable<Uint8Array>): Promise<void> {
    const chunks = body[Symbol.asyncIterator]();
    const close = async (): Promise<unknown> => chunks.return?.();
    this.#closeBody = () => void close().catch(() => undefined);
    try {
      for (;;) {
        const { done, value } = await chunks.next();
        if (this.#isEnded()) return;
        if (done === true) break;
        if (!writeBytes(this.#stream, value)) await this.#room();
        if (this.#isEnded()) return;
      }
      this.#stream.write(encodeFrameHeader(FrameKind.end, 0));
      this.#closeBody = undefined;
    } catch (error) {
      this.#closeBody = undefined;
      this.stop(error);
    }
  }

  /** Resolves when the stream takes more, or never will. */
  #room(): Promise<void> {
    return new Promise((resolve) => {
      const settle = (): void => {
        this.#wake = undefined;
        this.#stream.off('drain', settle);
        resolve();
      };
      this.#wake = settle;
      this.#stream.on('drain', settle);
    });
  }

  #isEnded(): boolean {
    return this.#isOver;
  }

  readonly #onResponse = (headers: IncomingHttpHeaders & IncomingHttpStatusHeader): void => {
    if (headers[':status'] !== 200) this.#refuse(`${this.#options.target} does not speak this protocol`, 'malformed');
  };

  readonly #onData = (chunk: Buffer): void => {
    if (this.#isOver) return;
    const problem = this.#decoder.push(chunk);
    if (problem === undefined || this.#isOver) return;
    const what = problem === 'too-large' ? 'larger than this agent takes' : 'malformed';
    this.#refuse(`the answer of ${this.#options.target} to ${this.#options.method} is ${what}`, problem);
  };

  readonly #onAbort = (): void => this.stop(this.#options.signal?.reason);

  readonly #onDeadline = (): void => {
    this.#deadline = undefined;
    if (this.#isOver) {
      // The answer is complete, yet the peer left its stream open until now.
      this.#reset(constants.NGHTTP2_CANCEL);
      return;
    }
    const { method, target, timeoutMs } = this.#options;
    this.stop(
      rpcError(
        { code: 'RPC_DEADLINE_EXCEEDED', method },
        `rpc: ${method} at ${target} took longer than ${timeoutMs} ms`,
      ),
    );
  };

  #onFrame(kind: FrameKind, payload: Buffer): void {
    if (this.#isOver) return;
    if (kind === FrameKind.failure) this.#finish(decodeFailure(payload, this.#options.method), false);
    else if (kind === FrameKind.end) this.#finish(undefined, false);
    else {
      this.#deps.onAnswer(payload);
      if (this.#options.isUnary) this.#finish(undefined, false);
    }
  }

  /** Bytes that break the protocol: what else comes on this stream means nothing. */
  #refuse(sentence: string, problem: 'too-large' | 'malformed'): void {
    const { method } = this.#options;
    this.#deps.meter.frameRefused(problem);
    const code = problem === 'too-large' ? 'RPC_MESSAGE_TOO_LARGE' : 'RPC_MESSAGE_INVALID';
    this.#finish(rpcError({ code, method }, `rpc: ${sentence}`), true);
    this.#reset(constants.NGHTTP2_PROTOCOL_ERROR);
  }

  /** The stream is over, and no last frame has come. */
  #lost(error: unknown): void {
    if (this.#isOver) return;
    const { target, method } = this.#options;
    this.#finish(
      rpcError(
        { code: 'RPC_UNREACHABLE', address: target, wasSent: true },
        `rpc: the connection to ${target} closed during ${method}`,
        error,
      ),
      true,
    );
  }

  #finish(error: unknown, isEarly: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#decoder.close();
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#metered.end(error !== undefined);
    this.#wake?.();
    this.#closeBody?.();
    const stream = this.#stream;
    if (!stream.destroyed) {
      stream.end();
      // What is still on the way is read and dropped, or the stream would never end.
      stream.resume();
      this.#giveGrace(isEarly);
    }
    this.#deps.onEnd(error);
  }

  /** After a complete answer the deadline of the call is grace enough, which spares a timer per call. */
  #giveGrace(isEarly: boolean): void {
    if (!isEarly && this.#deadline !== undefined) return;
    this.#deadline?.cancel();
    this.#grace = this.#deps.clock.setTimer(this.#options.stopGraceMs, () => this.#reset(constants.NGHTTP2_CANCEL));
  }

  #reset(code: number): void {
    if (this.#stream.closed || this.#stream.destroyed) return;
    this.#deps.meter.streamReset();
    this.#stream.close(code);
  }
}
