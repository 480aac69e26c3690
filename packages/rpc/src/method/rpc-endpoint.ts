import type { RpcPeerIdentity } from '../handshake/peer-identity.js';
import type { RpcMethod, RpcStream } from './rpc-method.js';

export interface RpcCallContext {
  /** Aborts when the caller stopped or is gone, or its deadline has passed. */
  readonly signal: AbortSignal;
  /** Who calls. */
  readonly peer: RpcPeerIdentity;
  /**
   * What follows the request of a method that takes a body: to be read once; whoever does not read holds the caller back.
   * Of other methods empty. The iteration throws when the caller stops before its end.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Answers one method. A rejection travels to the caller with its message and error code. */
export interface RpcUnaryEndpoint {
  readonly method: RpcMethod<never, unknown>;
  handle(request: never, context: RpcCallContext): Promise<unknown>;
}

/**
 * Answers one streaming method. The next item is asked for only when the caller has room for it. When the caller stops, the
 * context's signal aborts and the iterator is returned; an error that the iteration throws travels to the caller.
 */
export interface RpcStreamEndpoint {
  readonly method: RpcStream<never, unknown>;
  /** Items of a bytes stream must not change after they were handed over. */
  open(request: never, context: RpcCallContext): AsyncIterable<unknown>;
}

export type RpcEndpoint = RpcUnaryEndpoint | RpcStreamEndpoint;

/** Contribution point: methods this agent answers. Two that share a name stop the start. */
export interface RpcContribution {
  readonly endpoints: readonly RpcEndpoint[];
}

/** Ties a handler to its method, with the method's types. */
export function rpcEndpoint<Request, Reply>(
  method: RpcMethod<Request, Reply>,
  handle: (request: Request, context: RpcCallContext) => Promise<Reply>,
): RpcUnaryEndpoint {
  return { method, handle };
}

/** Ties a producer of items to its method, with the method's types. */
export function rpcStreamEndpoint<Request, Item>(
  method: RpcStream<Request, Item>,
  open: (request: Request, context: RpcCallContext) => AsyncIterable<Item>,
): RpcStreamEndpoint {
  return { method, open };
}
