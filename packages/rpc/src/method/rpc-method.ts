/** What an agent is to its peer. An agent that is both speaks as a server, but keeps its reverse session as a client. */
export type PeerRole = 'server' | 'client';

export interface RpcMethodOptions {
  /** Roles that may call the method. */
  readonly callers: readonly PeerRole[];
}

interface RpcStreamOptions extends RpcMethodOptions {
  /** Whether a body of bytes follows the request; default false. */
  readonly takesBody?: boolean;
}

/**
 * A typed call with one answer: the contract both ends share. Requests and replies are plain JSON values.
 * The two type parameters exist only at compile time.
 */
export interface RpcMethod<Request, Reply> {
  readonly kind: 'unary';
  /** `Noun.Verb`, Nomad's name where Nomad has the method. */
  readonly name: string;
  readonly callers: readonly PeerRole[];
  /** Never set; carries the types. */
  readonly types?: (request: Request) => Reply;
}

/** How the items of a stream travel: each as one JSON value, or as bytes whose chunk boundaries mean nothing. */
export type RpcItemKind = 'json' | 'bytes';

/** A typed call that is answered by any number of items, until either side ends it. */
export interface RpcStream<Request, Item> {
  readonly kind: 'stream';
  readonly name: string;
  readonly callers: readonly PeerRole[];
  readonly items: RpcItemKind;
  /** Whether bytes of any length follow the request, as fast as the peer takes them. */
  readonly takesBody: boolean;
  /** Never set; carries the types. */
  readonly types?: (request: Request) => Item;
}

export function defineRpcMethod<Request, Reply>(
  name: string,
  { callers }: RpcMethodOptions,
): RpcMethod<Request, Reply> {
  return Object.freeze({ kind: 'unary', name, callers });
}

/** @param options - `items: 'bytes'` makes a stream of raw bytes; every item is then a `Uint8Array` */
export function defineRpcStream<Request>(
  name: string,
  options: RpcStreamOptions & { readonly items: 'bytes' },
): RpcStream<Request, Uint8Array>;
export function defineRpcStream<Request, Item>(
  name: string,
  options: RpcStreamOptions & { readonly items?: 'json' },
): RpcStream<Request, Item>;
export function defineRpcStream(
  name: string,
  { callers, items = 'json', takesBody = false }: RpcStreamOptions & { readonly items?: RpcItemKind },
): RpcStream<unknown, unknown> {
  return Object.freeze({ kind: 'stream', name, callers, items, takesBody });
}
