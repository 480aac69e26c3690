import type { FormattedProfile, ProfileFormat } from '../format/profile-format.js';

/** One finished capture: the bytes of a response body and what its headers depend on. */
export type ProfileResult = FormattedProfile;

export interface CaptureOptions {
  /** Length in seconds, fractions allowed; below or equal 0, not a number and absent mean 1; longer than the maximum means the maximum. */
  readonly seconds?: number;
  /** Ends the capture at once and frees its lock; the result rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface CpuCaptureRequest extends CaptureOptions {
  /** Default `pprof`. */
  readonly format?: ProfileFormat;
}

export interface LookupOptions {
  /** 0, the default, is the binary form; 1 and 2 are text forms. */
  readonly debug?: number;
  /** Above 0: collect garbage first. Only `heap` knows it. */
  readonly gc?: number;
  /** Above 0: what changed within so many seconds instead of what is; excludes `debug`. */
  readonly deltaSeconds?: number;
  /** Default `pprof`; any other excludes `debug`. */
  readonly format?: ProfileFormat;
  readonly signal?: AbortSignal;
}

/** Bounded captures of this process, in the formats of Go's pprof and others. One per process. */
export interface Profiler {
  /** The command line, joined by NUL. */
  cmdline(): ProfileResult;
  /**
   * Samples all JavaScript threads.
   * @throws CPU_PROFILE_RUNNING while another runs, PROFILING_UNAVAILABLE
   */
  profile(options?: CpuCaptureRequest): Promise<ProfileResult>;
  /**
   * What ran before now, as far as a history is kept; neither waits nor disturbs a capture.
   * @param sinceMs - how far to look back
   * @throws PROFILE_HISTORY_OFF, PROFILE_FORMAT_INVALID
   */
  past(sinceMs: number, format?: ProfileFormat): Promise<ProfileResult>;
  /**
   * Records what the engine and its loop do: JSON for Perfetto or Chrome's viewer.
   * @throws TRACE_RUNNING while another runs, PROFILING_UNAVAILABLE
   */
  trace(options?: CaptureOptions): Promise<ProfileResult>;
  /**
   * A profile by name. Never waits for another capture.
   * @throws PROFILE_UNKNOWN, PROFILE_FORMAT_INVALID, PROFILING_UNAVAILABLE
   */
  lookup(name: string, options?: LookupOptions): Promise<ProfileResult>;
  /** The names {@link lookup} knows, sorted. */
  readonly names: readonly string[];
}
