import { SteppeError } from '@steppe/domain';

/** Error codes of this package. */
export type GossipErrorDetail =
  /** The gossip address cannot be bound. Message: `listen tcp <address>: …` or `listen udp <address>: …`. */
  | { readonly code: 'GOSSIP_LISTEN_FAILED'; readonly address: string }
  /** A peer cannot be reached. Message: `dial tcp <address>: …`, such as `connect: connection refused`, `i/o timeout`. */
  | { readonly code: 'GOSSIP_DIAL_FAILED'; readonly address: string }
  /** No address could be joined. Message: the causes. */
  | { readonly code: 'GOSSIP_JOIN_FAILED' }
  /** A key operation failed on some members. Message: `<n>/<total> nodes reported failure`. */
  | { readonly code: 'KEYRING_OPERATION_FAILED'; readonly failed: number; readonly total: number }
  /** A key is no base64 text. */
  | { readonly code: 'KEYRING_KEY_INVALID' }
  /** Tags do not fit into the metadata of a node. Message: `Encoded length of tags exceeds limit of 512 bytes`. */
  | { readonly code: 'GOSSIP_TAGS_TOO_LARGE'; readonly bytes: number }
  /** The keyring file does not hold keys. Message names the file. */
  | { readonly code: 'KEYRING_FILE_INVALID'; readonly file: string }
  /** An operation on the pool before start or after stop. */
  | { readonly code: 'SERF_NOT_RUNNING' }
  /** A message of ours is larger than peers take. Messages name both numbers. */
  | { readonly code: 'USER_EVENT_TOO_LARGE'; readonly bytes: number; readonly limit: number }
  | { readonly code: 'QUERY_TOO_LARGE'; readonly bytes: number; readonly limit: number }
  | { readonly code: 'QUERY_RESPONSE_TOO_LARGE'; readonly bytes: number; readonly limit: number }
  /** A query was answered after its deadline or a second time. */
  | { readonly code: 'QUERY_RESPONSE_REFUSED'; readonly reason: 'late' | 'answered' }
  /** More queries of ours are open than are kept. */
  | { readonly code: 'TOO_MANY_QUERIES'; readonly limit: number }
  /** Only failed and left members can be pruned. */
  | { readonly code: 'MEMBER_NOT_PRUNABLE'; readonly member: string; readonly status: string }
  /** A key rotation stopped before it could harm: `phase` says where, `missing` who would have been cut off. */
  | { readonly code: 'KEY_ROTATION_STOPPED'; readonly phase: string; readonly missing: readonly string[] }
  /** An operation on a memberlist before start or after stop. */
  | { readonly code: 'MEMBERLIST_NOT_RUNNING' }
  /** A stream could not be opened, broke, or brought no usable reply. Message ends with the address. */
  | { readonly code: 'GOSSIP_STREAM_FAILED'; readonly address: string }
  /** What a peer told when we joined it is not acceptable. Message: the reason, such as `member 'x' is not a server`. */
  | { readonly code: 'GOSSIP_MERGE_REFUSED'; readonly reason: string }
  /** Our news was not sent often enough in time; it stays queued. */
  | { readonly code: 'GOSSIP_BROADCAST_TIMEOUT' }
  /** The layer above gave more metadata than a node may announce. */
  | { readonly code: 'GOSSIP_META_TOO_LARGE'; readonly bytes: number };

export type GossipError = SteppeError<GossipErrorDetail>;

export function gossipError(detail: GossipErrorDetail, message: string, cause?: unknown): GossipError {
  return new SteppeError(detail, message, cause === undefined ? undefined : { cause });
}
