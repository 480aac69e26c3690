import { errorMessage, isSteppeError } from '@steppe/domain';
import { API_ERRORS, apiError } from './api-error.js';

/** How a failure looks on the wire. */
export interface HttpFailure {
  readonly status: number;
  /** The whole body: plain text without a newline. */
  readonly text: string;
}

/** Decides status and text of everything a handler throws. Replace it to add codes of your own. */
export interface HttpErrorMapper {
  map(error: unknown): HttpFailure;
}

/** Statuses of errors that other packages raise; their message is the body. */
const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  ACL_CHECK_INVALID: 400,
  ACL_PERMISSION_DENIED: 403,
  ACL_POLICY_INVALID: 400,
  ACL_REQUEST_INVALID: 400,
  ACL_TOKEN_NOT_FOUND: 403,
  ACL_TOKEN_EXPIRED: 403,
  ACL_TOKEN_MALFORMED: 403,
  CLIENT_ALLOC_NOT_ENDED: 400,
  CLIENT_ALLOC_NOT_RUNNING: 400,
  CLIENT_FILE_NOT_FOUND: 404,
  CLIENT_FILE_RANGE_INVALID: 400,
  CLIENT_FILE_REFUSED: 403,
  CLIENT_SERVERS_UNREACHABLE: 400,
  CLIENT_TASK_NOT_RUNNING: 400,
  CLIENT_TASK_UNKNOWN: 404,
  DRIVER_SIGNAL_INVALID: 400,
  FIELD_INVALID: 400,
  FIELD_UNSUPPORTED: 400,
  FILTER_INVALID: 400,
  FILTER_NOT_APPLICABLE: 400,
  HCL_SYNTAX: 400,
  LOG_FILE_UNDEFINED: 400,
  MEMBER_NOT_PRUNABLE: 400,
  PAGE_TOKEN_INVALID: 400,
  PROFILE_FORMAT_INVALID: 400,
  PROFILE_HISTORY_OFF: 400,
  PROFILE_UNKNOWN: 404,
  SCHEDULER_CONFIG_INVALID: 400,
  STATE_KEY_INVALID: 400,
  STATE_TRANSACTION_TOO_LARGE: 413,
  WIRE_INVALID: 400,
};

/** Texts that decide the status by themselves, whatever prefix other agents put in front. */
const STATUS_BY_SUFFIX: readonly (readonly [suffix: string, status: number])[] = [
  ['Permission denied', 403],
  ['ACL token not found', 403],
  ['Job registration, dispatch, and scale are disabled by the scheduler configuration', 403],
  ['Filter expression cannot be used with other filter parameters', 400],
];

/** The mapping of the reference: coded errors first, then the known endings, else 500 with the full text. */
export class TableErrorMapper implements HttpErrorMapper {
  map(error: unknown): HttpFailure {
    const text = errorMessage(error);
    if (isSteppeError(error)) {
      if (error.code in API_ERRORS && 'status' in error.detail) return { status: error.detail.status as number, text };
      const status = STATUS_BY_CODE[error.code];
      if (status !== undefined) return { status, text };
      // To a client it is the same as asking a server that never led: nothing was written, and it asks again.
      if (error.code === 'STATE_DEPOSED') return this.map(apiError('NO_LEADER'));
    }
    // Nomad: a coded error of another agent travels as text.
    const coded = /^(?:rpc error: )?RPC Error:: (\d{3}),(.*)$/s.exec(text);
    if (coded?.[1] !== undefined) return { status: Number(coded[1]), text: coded[2] ?? '' };
    for (const [suffix, status] of STATUS_BY_SUFFIX) if (text.endsWith(suffix)) return { status, text: suffix };
    return { status: 500, text };
  }
}
