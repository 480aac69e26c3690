import { SteppeError } from '@steppe/domain';

/** Error codes of this package. */
export type GossipErrorDetail =
  /** The gossip address cannot be bound. Message: `listen tcp <address>: …` or `listen udp <address>: …`. */
  | { readonly code: 'GOSSIP_LISTEN_FAILED'; readonly address: string }
  /** A key operation failed on some members. Message: `<n>/<total> nodes reported failure`. */
  | { readonly code: 'KEYRING_OPERATION_FAILED'; readonly failed: number; readonly total: number }
  /** A key is no base64 text. */
  | { readonly code: 'KEYRING_KEY_INVALID' }
  /** The keyring file does not hold keys. Message names the file. */
  | { readonly code: 'KEYRING_FILE_INVALID'; readonly file: string };

export type GossipError = SteppeError<GossipErrorDetail>;

export function gossipError(detail: GossipErrorDetail, message: string, cause?: unknown): GossipError {
  return new SteppeError(detail, message, cause === undefined ? undefined : { cause });
}
