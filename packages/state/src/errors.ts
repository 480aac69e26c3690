import { SteppeError } from '@steppe/domain';

/** Error codes of this package. */
export type StateErrorDetail =
  /** A write on a server that does not lead. Nothing was written. Message: `No cluster leader`. */
  | { readonly code: 'STATE_NOT_LEADER' }
  /** This server has lost the lead without knowing it; the write was fenced off. Nothing was written. */
  | { readonly code: 'STATE_DEPOSED' }
  /** The engine did not answer in time: the write may or may not have happened. Read before writing again. */
  | { readonly code: 'STATE_OUTCOME_UNKNOWN' }
  /** Others have written meanwhile, so the write was not made. The store evaluates again; seen only when that goes on. */
  | { readonly code: 'STATE_CONFLICT' }
  /** A transaction is larger than the engine commits at once. Message names the limit. Nothing was written. */
  | {
      readonly code: 'STATE_TRANSACTION_TOO_LARGE';
      readonly size: number;
      readonly limit: number;
      readonly unit: 'mutations' | 'bytes';
    }
  /** Two rows of one table would have the same value in a unique index. Nothing was written. */
  | { readonly code: 'STATE_UNIQUE_VIOLATION'; readonly table: string; readonly index: string; readonly value: string }
  /** A row's key is empty, has a NUL character, or is longer than the engines take. */
  | { readonly code: 'STATE_KEY_INVALID'; readonly table: string }
  /** A stored row is not what its table's codec writes. */
  | { readonly code: 'STATE_ROW_INVALID'; readonly table: string; readonly key: string }
  /** A transaction, read or watch before the store was opened or after it was closed. */
  | { readonly code: 'STATE_CLOSED' }
  /** The storage was written by a newer version, or is not ours at all. Message names the place and what to do. */
  | { readonly code: 'STATE_FORMAT_UNSUPPORTED'; readonly found: string; readonly place: string }
  /** The storage refused to read or write. Message: the storage's own. */
  | { readonly code: 'STATE_STORAGE_FAILED' }
  /** The engine's servers cannot be reached, or refuse us. Message names the addresses and the last cause. */
  | { readonly code: 'STATE_ENGINE_UNAVAILABLE' }
  /** A snapshot is damaged, cut short, or of a version that is not known. Nothing was changed. */
  | { readonly code: 'STATE_SNAPSHOT_INVALID'; readonly reason: string }
  /** A filter expression cannot be read. Message names line and column. */
  | { readonly code: 'FILTER_INVALID'; readonly position: number }
  /** A filter expression does not fit the rows it is applied to, such as an unknown field. */
  | { readonly code: 'FILTER_NOT_APPLICABLE'; readonly selector: string }
  /** A page token that was not given out for this list. */
  | { readonly code: 'PAGE_TOKEN_INVALID' };

export type StateError = SteppeError<StateErrorDetail>;

export function stateError(detail: StateErrorDetail, message: string, cause?: unknown): StateError {
  return new SteppeError(detail, message, cause === undefined ? undefined : { cause });
}
