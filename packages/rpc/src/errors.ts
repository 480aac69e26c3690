import { SteppeError } from '@steppe/domain';

/** Error codes of this package. An error that a remote handler threw keeps its own code, see {@link RemoteErrorDetail}. */
export type RpcErrorDetail =
  /** The address is taken or not ours. Message: `listen tcp <address>: …`. */
  | { readonly code: 'RPC_LISTEN_FAILED'; readonly address: string }
  /**
   * No session to the peer: refused, reset, timed out or lost. Message of a failed dial: `dial tcp <address>: …`. Unless the
   * request `wasSent`, nothing of it has happened there.
   */
  | { readonly code: 'RPC_UNREACHABLE'; readonly address: string; readonly wasSent: boolean }
  /** One side did not accept the other's credentials, role or region; the message is the reason. */
  | { readonly code: 'RPC_PEER_REFUSED'; readonly address: string; readonly reason: RefusalReason }
  /** The call took longer than its deadline. */
  | { readonly code: 'RPC_DEADLINE_EXCEEDED'; readonly method: string }
  /** A request, reply or item was larger than the limit. */
  | { readonly code: 'RPC_MESSAGE_TOO_LARGE'; readonly method: string }
  /** What arrived is not what this protocol allows there. */
  | { readonly code: 'RPC_MESSAGE_INVALID'; readonly method: string }
  /** The peer has no such method. */
  | { readonly code: 'RPC_METHOD_UNKNOWN'; readonly method: string }
  /** The peer does not let our role call the method. */
  | { readonly code: 'RPC_METHOD_NOT_ALLOWED'; readonly method: string }
  /** More calls than one session may hold, here or at the peer. */
  | { readonly code: 'RPC_TOO_MANY_CALLS'; readonly method: string }
  /** The peer's handler threw something without a code of its own; the message is the peer's. */
  | { readonly code: 'RPC_REMOTE_FAILED'; readonly method: string };

export type RpcErrorCode = RpcErrorDetail['code'];
export type RpcError = SteppeError<RpcErrorDetail>;

/** Why a peer is refused; also the label of {@link RPC_METRICS.peerRefused}. */
export type RefusalReason =
  /** It does not speak this protocol, or not this version. */
  | 'protocol'
  /** TLS failed: no certificate, or one that the CA did not sign. */
  | 'certificate'
  /** The certificate, or the identity itself, does not allow the announced role. */
  | 'role'
  | 'region'
  /** It holds none of our cluster keys. */
  | 'key'
  /** It does not prove to be the node it names, or the node is not registered. */
  | 'node'
  /** It authenticates in another way than we do. */
  | 'authentication'
  /** Not on this machine, where nothing authenticates it. */
  | 'remote'
  /** The handshake took too long. */
  | 'timeout'
  /** Too many sessions from its address. */
  | 'limit';

/**
 * An error that a remote handler threw: the code and message of the original, and its HTTP status where it had one, so
 * that the caller answers exactly what the target would have.
 */
export interface RemoteErrorDetail {
  readonly code: string;
  readonly status?: number;
  readonly method: string;
}

export function rpcError(detail: RpcErrorDetail, message: string, cause?: unknown): RpcError {
  return new SteppeError(detail, message, cause === undefined ? undefined : { cause });
}
