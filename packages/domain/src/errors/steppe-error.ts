const BRAND = Symbol.for('@steppe/domain/SteppeError');

/** What every error of ours carries: a code to switch on, and that code's own data. */
export interface ErrorDetail {
  readonly code: string;
}

/**
 * The one error class of Steppe. Each package declares a union of details (`{ code: 'X', …data }`) in its `errors.ts`;
 * callers recognise an error with {@link isSteppeError}, never by message or `instanceof`.
 */
export class SteppeError<D extends ErrorDetail = ErrorDetail> extends Error {
  override readonly name = 'SteppeError';
  readonly detail: D;

  constructor(detail: D, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.detail = detail;
    Object.defineProperty(this, BRAND, { value: true });
  }

  get code(): D['code'] {
    return this.detail.code;
  }
}

/** Whether `error` is a Steppe error (of this or another installed copy), optionally with one given code. */
export function isSteppeError(error: unknown): error is SteppeError;
export function isSteppeError<C extends string>(
  error: unknown,
  code: C,
): error is SteppeError<ErrorDetail & { readonly code: C }>;
export function isSteppeError(error: unknown, code?: string): boolean {
  if (typeof error !== 'object' || error === null || !(BRAND in error)) return false;
  return code === undefined || ('detail' in error && (error.detail as ErrorDetail).code === code);
}

/** The message of anything that was thrown, errors of another realm (a `vm` context, a worker) included. */
export function errorMessage(error: unknown): string {
  const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : undefined;
  return typeof message === 'string' ? message : String(error);
}
