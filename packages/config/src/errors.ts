import type { HclSyntaxDetail } from '@steppe/domain';
import { SteppeError } from '@steppe/domain';

/** Where a setting was written. */
export interface SettingSource {
  /** Path of the file, or the flag's or variable's name. */
  readonly file: string;
  readonly line?: number;
  /** Dotted path of the setting. */
  readonly key: string;
}

/** Error codes of this package. */
export type ConfigErrorDetail =
  /** The text is not HCL (version 1) or not JSON. Message: `At <line>:<column>: …`. */
  | HclSyntaxDetail
  /** A file or folder cannot be read. Message: `Error loading configuration from <path>: …`. */
  | { readonly code: 'CONFIG_UNREADABLE'; readonly path: string }
  /** A file is not what it should be; the cause says why. Message: `Error loading configuration from <path>: Error loading <file>: …`. */
  | { readonly code: 'CONFIG_FILE_INVALID'; readonly path: string; readonly file: string }
  /** A key nobody knows. Message: `<block path> unexpected keys <k1>, <k2>`. */
  | ({ readonly code: 'CONFIG_KEY_UNKNOWN' } & SettingSource)
  /** A value of the wrong type or out of its range. */
  | ({ readonly code: 'CONFIG_VALUE_INVALID' } & SettingSource)
  /** The settings together make no agent. */
  | { readonly code: 'CONFIG_INVALID'; readonly key: string }
  /** A command line flag is unknown or has no usable value. */
  | { readonly code: 'FLAG_INVALID'; readonly flag: string };

export type ConfigError = SteppeError<ConfigErrorDetail>;

export function configError(detail: ConfigErrorDetail, message: string, cause?: unknown): ConfigError {
  return new SteppeError(detail, message, cause === undefined ? undefined : { cause });
}
