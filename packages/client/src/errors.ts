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
  /** A task's settings for its driver make no sense. Message names driver, setting and value. */
  | { readonly code: 'DRIVER_CONFIG_INVALID'; readonly driver: string; readonly setting: string }
  /** The operator does not let the driver run tasks on this node. */
  | { readonly code: 'DRIVER_DISABLED'; readonly driver: string }
  /** A program could not be started. */
  | { readonly code: 'DRIVER_START_FAILED'; readonly task: string }
  /** No signal has that name, or the task cannot be sent it. Message names it. */
  | { readonly code: 'DRIVER_SIGNAL_INVALID'; readonly signal: string }
  /** A fingerprinter found nothing it could report, or did not settle in time. Only ever logged. */
  | { readonly code: 'CLIENT_FINGERPRINT_FAILED'; readonly fingerprinter: string }
  /** The id of an allocation or the name of a task cannot be that of a folder. */
  | { readonly code: 'CLIENT_ALLOC_NAME_INVALID'; readonly value: string }
  /** This node does not have the allocation. Message: `Unknown allocation "<id>"`. */
  | { readonly code: 'CLIENT_ALLOC_UNKNOWN'; readonly allocId: string }
  /** Nothing of the allocation runs, or it is ending. Message: `Allocation "<id>" is not running`. */
  | { readonly code: 'CLIENT_ALLOC_NOT_RUNNING'; readonly allocId: string }
  /** The allocation has not ended, or no server has taken note of it: what is left of it cannot be removed. Message names it. */
  | { readonly code: 'CLIENT_ALLOC_NOT_ENDED'; readonly allocId: string }
  /** The task does not run. Message: `Task "<name>" is not running`. */
  | { readonly code: 'CLIENT_TASK_NOT_RUNNING'; readonly task: string }
  /** The allocation has no task of the name. Message: `unknown task name "<name>"`. */
  | { readonly code: 'CLIENT_TASK_UNKNOWN'; readonly task: string }
  /** A path leads out of the allocation's or task's folder, into secrets, or to something that is no file. */
  | { readonly code: 'CLIENT_FILE_REFUSED'; readonly path: string }
  /** Nothing is at the path, or no folder where one is asked for. */
  | { readonly code: 'CLIENT_FILE_NOT_FOUND'; readonly path: string }
  /** An offset or limit is no whole number from 0. Message names the field and its value. */
  | { readonly code: 'CLIENT_FILE_RANGE_INVALID'; readonly field: string };

export type ClientError = SteppeError<ClientErrorDetail>;

export function clientError(detail: ClientErrorDetail, message: string, cause?: unknown): ClientError {
  return new SteppeError(detail, message, cause === undefined ? undefined : { cause });
}

export const taskUnknown = (task: string): ClientError =>
  clientError({ code: 'CLIENT_TASK_UNKNOWN', task }, `unknown task name ${JSON.stringify(task)}`);
