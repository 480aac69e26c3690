import type { HclSyntaxDetail } from '../hcl/document.js';
import type { SteppeError } from './steppe-error.js';

/** Error codes of this package. */
export type DomainErrorDetail =
  /** A text is neither HCL (version 1) nor JSON. */
  | HclSyntaxDetail
  /** A text is not a Go duration (`1h30m`, `250ms`). */
  | { readonly code: 'DURATION_INVALID'; readonly text: string }
  /** A text is not a byte size (`1M`, `512KiB`). */
  | { readonly code: 'BYTE_SIZE_INVALID'; readonly text: string }
  /** A field of an object has a value of the wrong kind. */
  | { readonly code: 'FIELD_INVALID'; readonly path: string }
  /** A field asks for something that is not there. */
  | { readonly code: 'FIELD_UNSUPPORTED'; readonly path: string }
  /** A text is not a moment in RFC 3339 form. */
  | { readonly code: 'TIME_INVALID'; readonly text: string }
  /** A JSON value is not of the shape that is wanted; the message names field and type as Go does. */
  | { readonly code: 'WIRE_INVALID'; readonly field: string };

export type DomainError = SteppeError<DomainErrorDetail>;
