import { parseGoInt } from '@steppe/domain';

/**
 * A query parameter of the profiling routes (`seconds`, `debug`, `gc`) as Go's `Atoi` reads it; whatever is no integer
 * within int64 is 0. Never an error.
 */
export function parseProfileInteger(text: string | undefined): number {
  return Number(parseGoInt(text ?? '') ?? 0n);
}

/** Length of a capture in milliseconds: not above 0 means one second, more than the maximum means the maximum. */
export function captureMs(seconds: number | undefined, maxSeconds: number): number {
  const wanted = seconds !== undefined && seconds > 0 ? seconds : 1;
  return Math.min(wanted, maxSeconds) * 1_000;
}
