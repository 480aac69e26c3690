/** One finished capture: the bytes of a response body and what its headers depend on. */
export interface ProfileResult {
  readonly bytes: Uint8Array;
  /** `binary` is `application/octet-stream`, `text` is `text/plain; charset=utf-8`. */
  readonly contentKind: 'binary' | 'text';
  /** Name for saving; binary results have one. */
  readonly filename?: string;
}

export interface CaptureOptions {
  /** Length in seconds, fractions allowed; below or equal 0, not a number and absent mean 1; longer than the maximum means the maximum. */
  readonly seconds?: number;
  /** Ends the capture at once and frees its lock; the result rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface LookupOptions {
  /** 0, the default, is the binary form; 1 and 2 are text forms. */
  readonly debug?: number;
  /** Above 0: collect garbage first. Only `heap` knows it. */
  readonly gc?: number;
  readonly signal?: AbortSignal;
}

/** Bounded captures of this process, in the formats of Go's pprof. One per process. */
export interface Profiler {
  /** The command line, joined by NUL. */
  cmdline(): ProfileResult;
  /**
   * Samples all JavaScript threads: gzipped profile.proto.
   * @throws CPU_PROFILE_RUNNING while another runs, PROFILING_UNAVAILABLE
   */
  profile(options?: CaptureOptions): Promise<ProfileResult>;
  /**
   * Records what the engine and its loop do: JSON for Perfetto or Chrome's viewer.
   * @throws TRACE_RUNNING while another runs, PROFILING_UNAVAILABLE
   */
  trace(options?: CaptureOptions): Promise<ProfileResult>;
  /**
   * A profile by name. Never waits for another capture.
   * @throws PROFILE_UNKNOWN, PROFILING_UNAVAILABLE
   */
  lookup(name: string, options?: LookupOptions): Promise<ProfileResult>;
  /** The names {@link lookup} knows, sorted. */
  readonly names: readonly string[];
}
