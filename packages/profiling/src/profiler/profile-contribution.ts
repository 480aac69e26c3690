import type { StackProfile } from '../stack/stack-profile.js';

export interface ProfileRequest {
  /** 0 is the binary form; 1 and 2 are text forms; what others mean is up to the profile. */
  readonly debug: number;
  /** Above 0: collect garbage first. */
  readonly gc: number;
  readonly signal: AbortSignal;
}

/** Contribution point: a profile by name. The key is `name`; called once per request, several at a time if need be. */
export interface ProfileContribution {
  /** Last part of the path, such as `heap`. */
  readonly name: string;
  /**
   * Takes the profile now: its samples, which are encoded as the caller wants them, or the text form that `debug` asks for.
   * What it throws is the answer to the request and nothing else.
   */
  collect(request: ProfileRequest): Promise<StackProfile | string>;
}
