import type { StackProfile, StackSample } from '../stack/stack-profile.js';
import { profilingError } from '../errors.js';

/**
 * What changed from one profile to another of its kind: each stack with its values there minus those here, stacks without
 * a change left out. A capture that took another time is scaled to the length of `profile` first.
 * @throws PROFILE_FILE_INVALID when the two measure different things
 */
export function profileDifference(base: StackProfile, profile: StackProfile): StackProfile {
  const [ours, theirs] = [base, profile].map(({ sampleTypes }) =>
    sampleTypes.map(({ type, unit }) => `${type}/${unit}`).join(', '),
  );
  if (ours !== theirs) {
    const message = `profiles of different kinds cannot be compared: one has ${ours}, the other ${theirs}`;
    throw profilingError({ code: 'PROFILE_FILE_INVALID' }, message);
  }
  const samples = new Map<string, StackSample>();
  const add = (sample: StackSample, sign: 1 | -1): void => {
    const key = JSON.stringify([sample.labels ?? {}, sample.stack]);
    const known = samples.get(key)?.values;
    const values = sample.values.map((value, type) => (known?.[type] ?? 0) + sign * value);
    samples.set(key, { ...sample, values });
  };
  for (const sample of profile.samples) add(sample, 1);
  for (const sample of scaledTo(base, profile).samples) add(sample, -1);
  return {
    ...profile,
    comments: [`difference to a profile of ${new Date(base.timeMs).toISOString()}`, ...profile.comments],
    samples: [...samples.values()].filter(({ values }) => values.some((value) => value !== 0)),
  };
}

/** `base` as if it had taken as long as `profile`. */
export function scaledTo(base: StackProfile, profile: StackProfile): StackProfile {
  // Only a capture over a time grows with it; a look at one moment has no duration.
  if (base.durationMs <= 0 || profile.durationMs <= 0) return base;
  const scale = profile.durationMs / base.durationMs;
  const samples = base.samples.map((sample) => ({
    ...sample,
    values: sample.values.map((value) => Math.round(value * scale)),
  }));
  return { ...base, samples };
}
