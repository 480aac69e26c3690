import type { Clock, Timer } from '@steppe/runtime';
import type { ServerHttp2Stream } from 'node:http2';
import { constants } from 'node:http2';
import type { RpcError } from '../errors.js';
import { rpcError } from '../errors.js';
import type { RpcPeerIdentity } from '../handshake/peer-identity.js';
import { isStreamEndpoint } from '../method/endpoint-table.js';
import type { RpcCallContext, RpcEndpoint, RpcStreamEndpoint } from '../method/rpc-endpoint.js';
import { encodeFailure, parseJson } from '../wire/failure.js';
import type { FrameProblem } from '../wire/frame.js';
import {
  encodeFrameHeader,
  encodeTextFrame,
  FrameDecoder,
  FrameKind,
  MAX_MESSAGE_BYTES,
  writeBytes,
} from '../wire/frame.js';
import type { CallMeter, MeteredCall } from './call-meter.js';
import { ItemQueue } from './item-queue.js';
import { NO_BODY } from './no-body.js';

export interface IncomingCallOptions {
  readonly endpoint: RpcEndpoint;
  readonly peer: RpcPeerIdentity;
  /** Time left to the caller's deadline, milliseconds. */
  readonly timeoutMs: number | undefined;
}

export interface IncomingCallDeps {
  readonly clock: Clock;
  readonly meter: CallMeter;
  /** The request breaks the protocol; `onFailed` follows. */
  onRefused(error: RpcError): void;
  /** The handler threw, or the request was refused. */
  onFailed(error: unknown): void;
  /** The answer is complete and the handler has returned, whichever comes last. */
  onDone(): void;
}

/** Why a handler's signal aborted. */
class CallerStopped extends Error {
  constructor() {
    super('the caller stopped');
  }
}

/** The answering end of one stream. */
export class IncomingCall implements RpcCallContext {
  readonly peer: RpcPeerIdentity;
  readonly #stream: ServerHttp2Stream;
  readonly #endpoint: RpcEndpoint;
  readonly #deps: IncomingCallDeps;
  readonly #decoder: FrameDecoder;
  readonly #metered: MeteredCall;
  readonly #timeoutMs: number | undefined;
  /** The body on its way to the handler; `undefined` for a method that takes none. */
  readonly #body: ItemQueue<Uint8Array> | undefined;
  #deadline: Timer | undefined;
  #abort: AbortController | undefined;
  /** Why the call ended before its answer was complete. */
  #stopped: { readonly reason: unknown } | undefined;
  /** Wakes a producer that waits for room. */
  #wake: (() => void) | undefined;
  /** Ends the iteration that makes the items. */
  #closeItems: (() => void) | undefined;
  #isRequested = false;
  #isRunning = false;
  #isAnswered = false;

  constructor(stream: ServerHttp2Stream, { endpoint, peer, timeoutMs }: IncomingCallOptions, deps: IncomingCallDeps) {
    this.#stream = stream;
    this.#endpoint = endpoint;
    this.peer = peer;
    this.#deps = deps;
    this.#metered = deps.meter.received(endpoint.method.name);
    const takesBody = isStreamEndpoint(endpoint) && endpoint.method.takesBody;
    this.#body = takesBody ? this.#bodyQueue() : undefined;
    const kinds = takesBody ? [FrameKind.message, FrameKind.bytes, FrameKind.end] : [FrameKind.message];
    this.#decoder = new FrameDecoder(kinds, (kind, payload) => this.#onFrame(kind, payload));
    this.#timeoutMs = timeoutMs;
  }

  /** Takes the request in; once. */
  receive(): void {
    const stream = this.#stream;
    const timeoutMs = this.#timeoutMs;
    if (timeoutMs !== undefined) this.#deadline = this.#deps.clock.setTimer(timeoutMs, this.#onDeadline);
    stream.on('data', this.#onData);
    // The end of the request is how a caller says that it wants no more.
    stream.once('end', this.#onStopped);
    stream.once('close', this.#onStopped);
  }

  /** Made when a handler asks for it: most never do. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#stopped !== undefined) this.#abort.abort(this.#stopped.reason);
    }
    return this.#abort.signal;
  }

  get body(): AsyncIterable<Uint8Array> {
    return this.#body ?? NO_BODY;
  }

  #bodyQueue(): ItemQueue<Uint8Array> {
    const stream = this.#stream;
    const dropTheRest = (): void => void stream.resume();
    return new ItemQueue({
      decode: (payload) => payload,
      pause: () => stream.pause(),
      resume: () => stream.resume(),
      stop: dropTheRest,
    });
  }

  /** Ends the call with an error, for both sides. */
  #fail(error: unknown): void {
    this.#stop(error);
    this.#answerFailure(error);
  }

  readonly #onData = (chunk: Buffer): void => {
    // The rest of a body that nobody wants any more.
    if (this.#isAnswered) return;
    const problem = this.#decoder.push(chunk);
    if (problem !== undefined && !this.#isStopped()) this.#refuse(problem);
  };

  readonly #onStopped = (): void => {
    if (this.#isAnswered) return;
    this.#stop(new CallerStopped());
    this.#answered(false);
    if (!this.#stream.destroyed) this.#end();
  };

  readonly #onDeadline = (): void => {
    const { name } = this.#endpoint.method;
    this.#fail(rpcError({ code: 'RPC_DEADLINE_EXCEEDED', method: name }, `rpc: ${name} took longer than its deadline`));
  };

  #refuse(problem: FrameProblem): void {
    this.#deps.meter.frameRefused(problem);
    const { name } = this.#endpoint.method;
    const error =
      problem === 'too-large'
        ? rpcError(
            { code: 'RPC_MESSAGE_TOO_LARGE', method: name },
            `rpc: the request of ${name} is larger than ${MAX_MESSAGE_BYTES} bytes`,
          )
        : rpcError({ code: 'RPC_MESSAGE_INVALID', method: name }, `rpc: the request of ${name} is malformed`);
    this.#deps.onRefused(error);
    this.#fail(error);
  }

  /** The request, and of a method that takes a body its bytes and their end. */
  #onFrame(kind: FrameKind, payload: Buffer): void {
    if (kind === FrameKind.message && !this.#isRequested) {
      this.#isRequested = true;
      if (this.#body === undefined) this.#decoder.close();
      this.#answer(payload);
    } else if (kind === FrameKind.bytes && this.#isRequested) this.#body?.push(payload);
    else if (kind === FrameKind.end && this.#isRequested) {
      this.#decoder.close();
      this.#body?.close(undefined);
    } else if (!this.#isStopped()) this.#refuse('malformed');
  }

  #answer(payload: Buffer): void {
    if (this.#isStopped()) return;
    const request = parseJson(payload);
    if (request === undefined) {
      this.#refuse('malformed');
      return;
    }
    this.#isRunning = true;
    this.#run(request.value)
      .catch((error: unknown) => {
        if (!this.#isStopped()) this.#fail(error);
      })
      .finally(() => this.#finished());
  }

  async #run(request: unknown): Promise<void> {
    const endpoint = this.#endpoint;
    if (isStreamEndpoint(endpoint)) {
      await this.#produce(endpoint, request);
      return;
    }
    const reply = await endpoint.handle(request as never, this);
    if (this.#isAnswered) return;
    const frame = this.#encode(reply);
    this.#respond();
    this.#end(frame);
    this.#answered(false);
  }

  async #produce(endpoint: RpcStreamEndpoint, request: unknown): Promise<void> {
    const items = endpoint.open(request as never, this)[Symbol.asyncIterator]();
    const isBytes = endpoint.method.items === 'bytes';
    this.#closeItems = () => {
      // The caller has its answer by then: how the clean-up went is only logged.
      const close = async (): Promise<unknown> => items.return?.();
      close().catch((error: unknown) => this.#deps.onFailed(error));
    };
    for (;;) {
      const { done, value } = await items.next();
      if (this.#isStopped()) return;
      if (done === true) break;
      this.#respond();
      const hasRoom = isBytes ? writeBytes(this.#stream, value as Uint8Array) : this.#stream.write(this.#encode(value));
      if (!hasRoom) await this.#room();
      if (this.#isStopped()) return;
    }
    this.#closeItems = undefined;
    this.#respond();
    this.#end(encodeFrameHeader(FrameKind.end, 0));
    this.#answered(false);
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

  /** @throws RPC_MESSAGE_TOO_LARGE */
  #encode(value: unknown): Buffer {
    const frame = encodeTextFrame(FrameKind.message, JSON.stringify(value ?? null));
    if (frame !== undefined) return frame;
    const { name } = this.#endpoint.method;
    this.#deps.meter.frameRefused('too-large');
    throw rpcError(
      { code: 'RPC_MESSAGE_TOO_LARGE', method: name },
      `rpc: the answer of ${name} is larger than ${MAX_MESSAGE_BYTES} bytes`,
    );
  }

  #answerFailure(error: unknown): void {
    if (this.#isAnswered) return;
    this.#deps.onFailed(error);
    if (!this.#stream.destroyed) this.#end(encodeFailure(error));
    this.#answered(true);
  }

  #respond(): void {
    if (!this.#stream.headersSent && !this.#stream.destroyed) this.#stream.respond({ ':status': 200 });
  }

  #end(frame?: Buffer): void {
    this.#respond();
    if (frame === undefined) this.#stream.end();
    else this.#stream.end(frame);
  }

  #stop(reason: unknown): void {
    if (this.#isStopped()) return;
    this.#stopped = { reason };
    this.#decoder.close();
    this.#abort?.abort(reason);
    this.#closeItems?.();
    this.#body?.close(reason);
    this.#wake?.();
  }

  #isStopped(): boolean {
    return this.#stopped !== undefined;
  }

  #answered(isFailed: boolean): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    // What is still to come must not keep the end of the request from being seen.
    this.#body?.close(undefined);
    this.#stream.resume();
    this.#deadline?.cancel();
    this.#metered.end(isFailed);
    if (!this.#isRunning) this.#deps.onDone();
  }

  #finished(): void {
    this.#isRunning = false;
    this.#deps.onDone();
  }
}

/** Closes a stream whose caller does not. */
export const abandon = (stream: ServerHttp2Stream): void => {
  if (!stream.closed && !stream.destroyed) stream.close(constants.NGHTTP2_CANCEL);
};
