import { errorMessage, isSteppeError, SteppeError } from '@steppe/domain';
import type { RemoteErrorDetail, RpcErrorCode } from '../errors.js';
import { rpcError } from '../errors.js';
import { encodeTextFrame, FrameKind } from './frame.js';

/** Longest message of a failure, UTF-16 units; fits a frame however it is encoded. */
const MAX_MESSAGE_LENGTH = 8_192;

/** Codes of ours that a peer may answer with. Anything else of ours is about the peer's own calls to others. */
const OWN_CODES: readonly string[] = [
  'RPC_DEADLINE_EXCEEDED',
  'RPC_MESSAGE_TOO_LARGE',
  'RPC_MESSAGE_INVALID',
  'RPC_METHOD_UNKNOWN',
  'RPC_METHOD_NOT_ALLOWED',
  'RPC_TOO_MANY_CALLS',
] satisfies readonly RpcErrorCode[];

/** What a handler threw, as a frame: the code and status of a coded error, and the message. */
export function encodeFailure(error: unknown): Buffer {
  const detail = isSteppeError(error) ? error.detail : undefined;
  const status = detail !== undefined && 'status' in detail ? detail.status : undefined;
  const failure = {
    ...(detail === undefined ? {} : { code: detail.code }),
    ...(typeof status === 'number' ? { status } : {}),
    message: errorMessage(error).slice(0, MAX_MESSAGE_LENGTH),
  };
  return encodeTextFrame(FrameKind.failure, JSON.stringify(failure)) as Buffer;
}

/** The error a failure stands for; a failure that is none is an error too. */
export function decodeFailure(payload: Buffer, method: string): SteppeError {
  const failure = parseJson(payload);
  if (failure === undefined || !isFailure(failure.value)) {
    return rpcError({ code: 'RPC_MESSAGE_INVALID', method }, `rpc: the failure of ${method} is not readable`);
  }
  const { code, status, message } = failure.value;
  if (code === undefined) return rpcError({ code: 'RPC_REMOTE_FAILED', method }, message);
  if (OWN_CODES.includes(code)) return rpcError({ code: code as 'RPC_METHOD_UNKNOWN', method }, message);
  const detail: RemoteErrorDetail = { code, method, ...(status === undefined ? {} : { status }) };
  return new SteppeError(detail, message);
}

/** A JSON payload; `undefined` when it is none. */
export function parseJson(payload: Buffer): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(payload.toString('utf8')) };
  } catch {
    // Not an error to report here: what it means depends on the frame.
    return undefined;
  }
}

interface FailureWire {
  readonly code?: string;
  /** HTTP status of a coded error. */
  readonly status?: number;
  readonly message: string;
}

function isFailure(value: unknown): value is FailureWire {
  if (typeof value !== 'object' || value === null) return false;
  const { code, status, message } = value as Record<keyof FailureWire, unknown>;
  return (
    typeof message === 'string' &&
    (code === undefined || (typeof code === 'string' && code !== '')) &&
    (status === undefined || (Number.isInteger(status) && (status as number) >= 400 && (status as number) <= 599))
  );
}
