import { SteppeError } from '@steppe/domain';

/** Error codes of this package. */
export type ProfilingErrorDetail =
  /** No profile of that name was contributed. Message: `Pprof profile not found profile: <name>`. */
  | { readonly code: 'PROFILE_UNKNOWN'; readonly profile: string }
  /** A CPU profile of this process is being taken. Message: `cpu profiling already in use`. */
  | { readonly code: 'CPU_PROFILE_RUNNING' }
  /** A trace of this process is being taken. Message: `execution tracer already enabled`. */
  | { readonly code: 'TRACE_RUNNING' }
  /** No such form, or not of this profile. Message: `invalid format "<format>": …`. */
  | { readonly code: 'PROFILE_FORMAT_INVALID'; readonly format: string }
  /** The bytes are no pprof profile, or not one that can be compared with another. */
  | { readonly code: 'PROFILE_FILE_INVALID' }
  /** A profile of the past was asked for where none is kept. */
  | { readonly code: 'PROFILE_HISTORY_OFF' }
  /** This process may not or cannot be inspected (permission model, a Node.js built without inspector). Message: `profiling is not available: <reason>`. */
  | { readonly code: 'PROFILING_UNAVAILABLE' };

export type ProfilingError = SteppeError<ProfilingErrorDetail>;

export function profilingError(detail: ProfilingErrorDetail, message: string, cause?: unknown): ProfilingError {
  return new SteppeError(detail, message, cause === undefined ? undefined : { cause });
}
