/**
 * Who may call a method. `any`: whoever reaches the port. `local`: peers on the same machine only, which is as far as a
 * peer can be trusted without authentication.
 */
export type RpcAccess = 'any' | 'local';

/**
 * A typed call: the contract both ends share. Requests and replies are plain JSON values.
 * The two type parameters exist only at compile time.
 */
export interface RpcMethod<Request, Reply> {
  /** `Noun.Verb`, Nomad's name where Nomad has the method. */
  readonly name: string;
  readonly access: RpcAccess;
  /** Never set; carries the types. */
  readonly types?: (request: Request) => Reply;
}

export function defineRpcMethod<Request, Reply>(name: string, access: RpcAccess): RpcMethod<Request, Reply> {
  return Object.freeze({ name, access });
}

export interface RpcCallContext {
  /** Aborts when the caller is gone or its deadline has passed. */
  readonly signal: AbortSignal;
  /** IP address of the caller. */
  readonly remoteAddress: string;
}

/** Contribution point: methods this agent answers. Two that share a name stop the start. */
export interface RpcContribution {
  readonly endpoints: readonly RpcEndpoint[];
}

/** Answers one method. A rejection travels to the caller with its message and error code. */
export interface RpcEndpoint<Request = never, Reply = unknown> {
  readonly method: RpcMethod<Request, Reply>;
  handle(request: Request, context: RpcCallContext): Promise<Reply>;
}
