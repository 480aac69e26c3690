/** A place in the program. */
export interface Frame {
  readonly functionName: string;
  /** Path or URL of the source; empty for native code. */
  readonly file: string;
  /** 1-based line within the file; 0 when unknown. */
  readonly line: number;
}

export interface ValueType {
  readonly type: string;
  readonly unit: string;
}

export interface StackSample {
  /** Innermost first; may be empty. */
  readonly stack: readonly Frame[];
  /** One per sample type of the profile. */
  readonly values: readonly number[];
  readonly labels?: Readonly<Record<string, string>>;
}

/** A profile before it is encoded: what was measured where. */
export interface StackProfile {
  readonly sampleTypes: readonly ValueType[];
  readonly periodType: ValueType;
  /** One sample stands for this many units of the period type. */
  readonly period: number;
  /** Name of the sample type readers show first; default the last one. */
  readonly defaultSampleType?: string;
  /** When it was taken, Unix milliseconds. */
  readonly timeMs: number;
  /** How long it took, milliseconds; 0 for a look at one moment. */
  readonly durationMs: number;
  /** Said to whoever reads the profile: its limits. */
  readonly comments: readonly string[];
  readonly samples: readonly StackSample[];
}
