import type { Clock } from '@steppe/runtime';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { rpcError } from '../errors.js';
import type { Direction } from '../handshake/hello.js';
import type { RpcPeerIdentity } from '../handshake/peer-identity.js';
import type { RpcMethod, RpcStream } from '../method/rpc-method.js';
import type { ResolvedSessionOptions } from '../options.js';
import { encodeTextFrame, FrameKind } from '../wire/frame.js';
import { parseJson } from '../wire/failure.js';
import type { CallMeter } from './call-meter.js';
import { ItemQueue } from './item-queue.js';
import { NO_BODY } from './no-body.js';
import { keepAlive } from './keep-alive.js';
import { OutgoingCall } from './outgoing-call.js';
import { openCallingSession } from './session-settings.js';

/** Header with the time left to the deadline, milliseconds; relative, because clocks differ. */
export const TIMEOUT_HEADER = 'steppe-timeout-ms';

export interface RpcCallOptions {
  /** Deadline of the call, milliseconds; travels to the peer. Default 10 000, for streams none. */
  readonly timeoutMs?: number;
  /** Stops the call, which then rejects with the signal's reason; the peer's handler is told. */
  readonly signal?: AbortSignal;
}

export interface RpcStreamCallOptions extends RpcCallOptions {
  /**
   * What follows the request, for a method that takes a body. Taken piece by piece, when the peer has room; an error that its
   * iteration throws fails the call. Its iterator is returned when the call ends first.
   */
  readonly body?: AsyncIterable<Uint8Array>;
}

/** Where calls go over one session. */
export interface RpcCaller {
  /**
   * @throws codes of this package, the code of what the remote handler threw, the signal's reason
   */
  call<Request, Reply>(method: RpcMethod<Request, Reply>, request: Request, options?: RpcCallOptions): Promise<Reply>;
  /**
   * Calls at once. Breaking out of the iteration stops the peer; a reader that pauses slows it down. The iteration throws
   * what `call` does.
   * @throws at once: RPC_UNREACHABLE, RPC_TOO_MANY_CALLS, RPC_MESSAGE_TOO_LARGE, the reason of a signal that has aborted
   */
  stream<Request, Item>(
    method: RpcStream<Request, Item>,
    request: Request,
    options?: RpcStreamCallOptions,
  ): AsyncIterableIterator<Item>;
}

export interface CallSessionOptions extends ResolvedSessionOptions {
  readonly peer: RpcPeerIdentity;
  readonly direction: Direction;
  /** Names the peer in errors: its address, or `node <id>`. */
  readonly target: string;
  /** Deadline of a unary call that sets none. */
  readonly defaultTimeoutMs: number;
}

export interface CallSessionDeps {
  readonly clock: Clock;
  readonly meter: CallMeter;
  readonly onClose: () => void;
}

/** The calling end of an authenticated connection. */
export class CallSession implements RpcCaller {
  readonly peer: RpcPeerIdentity;
  readonly #options: CallSessionOptions;
  readonly #deps: CallSessionDeps;
  readonly #session: ClientHttp2Session;
  #open = 0;

  constructor(socket: Socket, options: CallSessionOptions, deps: CallSessionDeps) {
    this.peer = options.peer;
    this.#options = options;
    this.#deps = deps;
    const session = openCallingSession(socket);
    this.#session = session;
    const onClosed = deps.meter.sessionOpened(options.direction);
    // A failed session fails each of its streams, which is where the callers hear of it.
    session.on('error', () => undefined);
    session.once('close', () => {
      onClosed();
      deps.onClose();
    });
    keepAlive(session, options, deps.clock, () => {
      deps.meter.keepAliveLost();
      session.destroy();
    });
  }

  /** Whether calls can be made. */
  get isOpen(): boolean {
    return !this.#session.closed && !this.#session.destroyed;
  }

  /** Ends the session; open calls fail with RPC_UNREACHABLE. */
  close(): void {
    this.#session.destroy();
  }

  async call<Request, Reply>(
    method: RpcMethod<Request, Reply>,
    request: Request,
    { timeoutMs = this.#options.defaultTimeoutMs, signal }: RpcCallOptions = {},
  ): Promise<Reply> {
    signal?.throwIfAborted();
    const frame = encodeRequest(method.name, request);
    const stream = this.#request(method.name, timeoutMs);
    const { target, stopGraceMs } = this.#options;
    const { name } = method;
    let reply: Buffer | undefined;
    await new Promise<void>((resolve, reject) => {
      const call = new OutgoingCall(
        stream,
        { method: name, target, timeoutMs, signal, stopGraceMs, answer: FrameKind.message, isUnary: true },
        {
          clock: this.#deps.clock,
          meter: this.#deps.meter,
          onAnswer: (payload) => (reply = payload),
          onEnd: (error) => (error === undefined ? resolve() : reject(error)),
        },
      );
      call.send(frame);
    });
    return decodeMessage(name, target, reply) as Reply;
  }

  stream<Request, Item>(
    method: RpcStream<Request, Item>,
    request: Request,
    { timeoutMs, signal, body }: RpcStreamCallOptions = {},
  ): AsyncIterableIterator<Item> {
    signal?.throwIfAborted();
    const frame = encodeRequest(method.name, request);
    const stream = this.#request(method.name, timeoutMs);
    const { target, stopGraceMs } = this.#options;
    const { name, items, takesBody } = method;
    const answer = items === 'bytes' ? FrameKind.bytes : FrameKind.message;
    const queue = new ItemQueue<Item>({
      decode: (payload) => (items === 'bytes' ? payload : decodeMessage(name, target, payload)) as Item,
      pause: () => call.pause(),
      resume: () => call.resume(),
      stop: () => call.stop(undefined),
    });
    const call = new OutgoingCall(
      stream,
      { method: name, target, timeoutMs, signal, stopGraceMs, answer, isUnary: false },
      {
        clock: this.#deps.clock,
        meter: this.#deps.meter,
        onAnswer: (payload) => queue.push(payload),
        onEnd: (error) => queue.close(error),
      },
    );
    call.send(frame, takesBody ? (body ?? NO_BODY) : undefined);
    return queue;
  }

  /** @throws RPC_UNREACHABLE, RPC_TOO_MANY_CALLS */
  #request(method: string, timeoutMs: number | undefined): ClientHttp2Stream {
    const { target, maxQueuedCalls } = this.#options;
    if (!this.isOpen) {
      const detail = { code: 'RPC_UNREACHABLE', address: target, wasSent: false } as const;
      throw rpcError(detail, `rpc: the connection to ${target} is closed`);
    }
    if (this.#open >= maxQueuedCalls) {
      throw rpcError(
        { code: 'RPC_TOO_MANY_CALLS', method },
        `rpc: more than ${maxQueuedCalls} calls to ${target} are open`,
      );
    }
    const stream = this.#session.request({
      ':method': 'POST',
      ':path': `/${method}`,
      ...(timeoutMs === undefined ? {} : { [TIMEOUT_HEADER]: Math.max(0, Math.ceil(timeoutMs)) }),
    });
    this.#open += 1;
    stream.once('close', () => (this.#open -= 1));
    return stream;
  }
}

/** @throws RPC_MESSAGE_TOO_LARGE */
function encodeRequest(method: string, request: unknown): Buffer {
  const frame = encodeTextFrame(FrameKind.message, JSON.stringify(request ?? null));
  if (frame !== undefined) return frame;
  throw rpcError({ code: 'RPC_MESSAGE_TOO_LARGE', method }, `rpc: the request of ${method} is too large`);
}

/** @throws RPC_MESSAGE_INVALID */
function decodeMessage(method: string, target: string, payload: Buffer | undefined): unknown {
  const message = payload === undefined ? undefined : parseJson(payload);
  if (message !== undefined) return message.value;
  throw rpcError({ code: 'RPC_MESSAGE_INVALID', method }, `rpc: ${target} answered ${method} with no JSON`);
}
