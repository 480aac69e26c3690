import { errorMessage } from '@steppe/domain';
import type { Clock, Phase, Startable } from '@steppe/runtime';
import { connect } from 'node:http2';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { rpcError } from '../errors.js';
import { CONNECTION_CLOSED, isFailure, readMessage } from '../method/message.js';
import type { RpcMethod } from '../method/rpc-method.js';

export interface RpcClientOptions {
  /** Deadline of a call that sets none, milliseconds; default 10 000. */
  readonly defaultTimeoutMs?: number;
}

export interface RpcCallOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Calls methods of other agents; keeps one session per address. */
export interface RpcClient {
  /**
   * @param address - `ip:port`, IPv6 in brackets
   * @throws any code of this package's `errors.ts`; the signal's reason when the caller aborts
   */
  call<Request, Reply>(
    address: string,
    method: RpcMethod<Request, Reply>,
    request: Request,
    options?: RpcCallOptions,
  ): Promise<Reply>;
}

export class Http2RpcClient implements RpcClient, Startable {
  readonly name = 'rpc-client';
  readonly phase: Phase = 'storage';
  readonly #defaultTimeoutMs: number;
  readonly #clock: Clock;
  readonly #sessions = new Map<string, ClientHttp2Session>();

  constructor(options: RpcClientOptions, { clock }: { readonly clock: Clock }) {
    this.#defaultTimeoutMs = options.defaultTimeoutMs ?? 10_000;
    this.#clock = clock;
  }

  async start(): Promise<void> {
    // Sessions are opened by the first call.
  }

  async stop(): Promise<void> {
    for (const session of this.#sessions.values()) session.destroy();
    this.#sessions.clear();
  }

  async call<Request, Reply>(
    address: string,
    method: RpcMethod<Request, Reply>,
    request: Request,
    { timeoutMs = this.#defaultTimeoutMs, signal }: RpcCallOptions = {},
  ): Promise<Reply> {
    signal?.throwIfAborted();
    const stream = this.#session(address).request({ ':method': 'POST', ':path': `/rpc/${method.name}` });
    const timer = this.#clock.setTimer(timeoutMs, () =>
      stream.destroy(
        rpcError(
          { code: 'RPC_DEADLINE_EXCEEDED', address, method: method.name },
          `rpc: ${method.name} at ${address} took longer than ${timeoutMs} ms`,
        ),
      ),
    );
    const onAbort = (): void => void stream.destroy(signal?.reason as Error);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return (await exchange(stream, address, method.name, request)) as Reply;
    } finally {
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
    }
  }

  #session(address: string): ClientHttp2Session {
    const existing = this.#sessions.get(address);
    if (existing !== undefined && !existing.closed && !existing.destroyed) return existing;
    const session = connect(`http://${address}`);
    // A failed session fails each of its streams, which is where the callers hear of it.
    session.on('error', () => undefined);
    session.once('close', () => {
      if (this.#sessions.get(address) === session) this.#sessions.delete(address);
    });
    session.unref();
    this.#sessions.set(address, session);
    return session;
  }
}

async function exchange(
  stream: ClientHttp2Stream,
  address: string,
  method: string,
  request: unknown,
): Promise<unknown> {
  const status = new Promise<number>((resolve, reject) => {
    stream.once('response', (headers) => resolve(headers[':status'] ?? 0));
    stream.once('error', reject);
    stream.once('close', () => reject(new Error(CONNECTION_CLOSED)));
  });
  stream.end(JSON.stringify(request));
  let code: number;
  let reply: unknown;
  try {
    code = await status;
    reply = await readMessage(stream, method);
  } catch (error) {
    throw asRpcError(error, address);
  }
  if (code === 200) return reply;
  if (!isFailure(reply)) {
    throw rpcError({ code: 'RPC_MESSAGE_INVALID', method }, `rpc: ${address} does not speak this protocol`);
  }
  const known = reply.code === 'RPC_METHOD_UNKNOWN' || reply.code === 'RPC_PEER_NOT_ALLOWED';
  throw known
    ? rpcError({ code: reply.code as 'RPC_METHOD_UNKNOWN' | 'RPC_PEER_NOT_ALLOWED', method }, reply.message)
    : rpcError({ code: 'RPC_REMOTE_FAILED', method, remoteCode: reply.code }, reply.message);
}

/** Our own errors and the caller's abort reason pass; what the transport throws becomes "unreachable". */
function asRpcError(error: unknown, address: string): unknown {
  const message = errorMessage(error);
  if (!/^(E[A-Z]+$|ERR_HTTP2)/.test(codeOf(error)) && message !== CONNECTION_CLOSED) return error;
  // Streams of a session that never connected are "cancelled"; the socket's own error is their cause.
  const cause = (error as Error).cause ?? error;
  const reason = codeOf(cause) === 'ECONNREFUSED' ? 'connect: connection refused' : errorMessage(cause);
  return rpcError({ code: 'RPC_UNREACHABLE', address }, `dial tcp ${address}: ${reason}`, error);
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
