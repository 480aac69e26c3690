import type { HclSyntaxDetail } from '../hcl/document.js';
import type { SteppeError } from './steppe-error.js';

/** Error codes of this package. */
export type DomainErrorDetail =
  /** A text is neither HCL (version 1) nor JSON. */
  | HclSyntaxDetail
  /** A text is not a Go duration (`1h30m`, `250ms`). */
  | { readonly code: 'DURATION_INVALID'; readonly text: string }
  /** A text is not a byte size (`1M`, `512KiB`). */
  | { readonly code: 'BYTE_SIZE_INVALID'; readonly text: string };

export type DomainError = SteppeError<DomainErrorDetail>;
