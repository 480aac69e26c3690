import { SteppeError } from '@steppe/domain';

/** Error codes of this package. */
export type ClientErrorDetail =
  /** None of the given servers answered. Message: one line `Server at address <ip:port> failed ping: <cause>` for each. */
  | { readonly code: 'CLIENT_SERVERS_UNREACHABLE'; readonly addresses: readonly string[] }
  /** A text is not the address of a server. */
  | { readonly code: 'CLIENT_SERVER_ADDRESS_INVALID'; readonly address: string }
  /** No server is known to talk to. Message: `no servers`. */
  | { readonly code: 'CLIENT_SERVERS_UNKNOWN' }
  /** A server's reply to a registration or heartbeat makes no sense. */
  | { readonly code: 'CLIENT_REPLY_INVALID'; readonly server: string; readonly field: string }
  /** A file of the state folder does not hold a UUID. Message names the file. */
  | { readonly code: 'CLIENT_IDENTITY_INVALID'; readonly file: string }
  /** A fingerprinter found nothing it could report, or did not settle in time. Only ever logged. */
  | { readonly code: 'CLIENT_FINGERPRINT_FAILED'; readonly fingerprinter: string }
  /** The id of an allocation or the name of a task cannot be that of a folder. */
  | { readonly code: 'CLIENT_ALLOC_NAME_INVALID'; readonly value: string }
  /** This node does not have the allocation. Message: `Unknown allocation "<id>"`. */
  | { readonly code: 'CLIENT_ALLOC_UNKNOWN'; readonly allocId: string }
  /** The settings a task has for its driver are not right. Message names the setting and its value. */
  | { readonly code: 'DRIVER_CONFIG_INVALID'; readonly driver: string; readonly field: string }
  /** The driver may not run tasks on this node. */
  | { readonly code: 'DRIVER_DISABLED'; readonly driver: string }
  /** What was to be run could not be started. Message says why. */
  | { readonly code: 'DRIVER_START_FAILED'; readonly driver: string }
  /** No such signal, or the task cannot get it. */
  | { readonly code: 'DRIVER_SIGNAL_INVALID'; readonly signal: string }
  /** The process that watches over a task is gone, or did not do what it was asked. */
  | { readonly code: 'DRIVER_SUPERVISOR_LOST' }
  /** A path leads out of the folder of its allocation, or to what is nobody's business there. */
  | { readonly code: 'ALLOC_PATH_REFUSED'; readonly path: string }
  /** The allocation has no such file or folder, or no log of that task yet. */
  | { readonly code: 'ALLOC_FILE_NOT_FOUND'; readonly path: string }
  /** What is to be read is no file, or what is to be listed no folder. */
  | { readonly code: 'ALLOC_FILE_KIND_INVALID'; readonly path: string };

export type ClientError = SteppeError<ClientErrorDetail>;

export function clientError(detail: ClientErrorDetail, message: string, cause?: unknown): ClientError {
  return new SteppeError(detail, message, cause === undefined ? undefined : { cause });
}
