import { SteppeError } from '@steppe/domain';

/** Error codes of this package. */
export type LogStreamErrorDetail =
  /** A systemd unit name is not acceptable. Messages: `service name too long`, `service name must include 'nomad`, `invalid suffix`, `<prefix> does not meet systemd conventions`. */
  | { readonly code: 'SERVICE_NAME_INVALID'; readonly serviceName: string }
  /** An export from disk, but the agent logs to no file. Message: `No nomad log file defined`. */
  | { readonly code: 'LOG_FILE_UNDEFINED' }
  /** The log file cannot be opened or read. Message: `open <path>: <reason>`. */
  | { readonly code: 'LOG_FILE_UNREADABLE'; readonly path: string }
  /** The log file cannot be created or appended to. Message: `open <path>: <reason>`. */
  | { readonly code: 'LOG_FILE_UNWRITABLE'; readonly path: string }
  /** An export from the journal on a platform without one. Message: `journald log monitoring only available on linux`. */
  | { readonly code: 'JOURNALD_UNSUPPORTED'; readonly platform: string }
  /** `journalctl` cannot be run. Message: `exec: "journalctl": executable file not found in $PATH`, or the system's reason. */
  | { readonly code: 'JOURNALCTL_UNAVAILABLE'; readonly command: string }
  /** No source of that name was contributed. */
  | { readonly code: 'LOG_SOURCE_UNKNOWN'; readonly source: string }
  /** The folder of the ring cannot be used. Message: `log_ring: <path>: <reason>`. */
  | { readonly code: 'LOG_RING_UNUSABLE'; readonly path: string }
  /** The system log can only be reached on Linux. Message: `syslog is not available on <platform>`. */
  | { readonly code: 'SYSLOG_UNSUPPORTED'; readonly platform: string }
  /** The system log has no such facility. Message: `invalid syslog facility: <facility>`. */
  | { readonly code: 'SYSLOG_FACILITY_INVALID'; readonly facility: string }
  /** A level for too many loggers at once. Message: `there are log levels for <limit> loggers already`. */
  | { readonly code: 'LOGGER_LEVELS_FULL'; readonly limit: number }
  /** No logger can have that name. Message: `invalid logger name: "<name>"`. */
  | { readonly code: 'LOGGER_NAME_INVALID'; readonly logger: string }
  /** A stream carries something that is no frame; `text` is its beginning. */
  | { readonly code: 'STREAM_FRAME_INVALID'; readonly text: string };

export type LogStreamError = SteppeError<LogStreamErrorDetail>;

export function logStreamError(detail: LogStreamErrorDetail, message: string, cause?: unknown): LogStreamError {
  return new SteppeError(detail, message, cause === undefined ? undefined : { cause });
}
