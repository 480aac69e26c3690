import { SteppeError } from '@steppe/domain';

/** Error codes of this package. */
export type RpcErrorDetail =
  /** The address is taken or not ours. Message: `listen tcp <address>: …`. */
  | { readonly code: 'RPC_LISTEN_FAILED'; readonly address: string }
  /** No session to the address: refused, reset, timed out or lost. */
  | { readonly code: 'RPC_UNREACHABLE'; readonly address: string }
  /** The call took longer than its deadline. */
  | { readonly code: 'RPC_DEADLINE_EXCEEDED'; readonly address: string; readonly method: string }
  /** A request or reply was larger than the limit. */
  | { readonly code: 'RPC_MESSAGE_TOO_LARGE'; readonly method: string; readonly limitBytes: number }
  /** A request or reply was not the JSON this protocol speaks. */
  | { readonly code: 'RPC_MESSAGE_INVALID'; readonly method: string }
  /** The remote has no such method. */
  | { readonly code: 'RPC_METHOD_UNKNOWN'; readonly method: string }
  /** The remote does not let this peer call the method. */
  | { readonly code: 'RPC_PEER_NOT_ALLOWED'; readonly method: string }
  /** The remote's handler failed; the message is the remote's own, `remoteCode` its error code. */
  | { readonly code: 'RPC_REMOTE_FAILED'; readonly method: string; readonly remoteCode: string };

export type RpcError = SteppeError<RpcErrorDetail>;

export function rpcError(detail: RpcErrorDetail, message: string, cause?: unknown): RpcError {
  return new SteppeError(detail, message, cause === undefined ? undefined : { cause });
}
