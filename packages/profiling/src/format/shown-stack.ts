import type { Frame, StackProfile, StackSample } from '../stack/stack-profile.js';

/** Index of the sample type a reader is shown first: the default one, else the last. */
export function shownTypeOf({ sampleTypes, defaultSampleType }: StackProfile): number {
  const index = sampleTypes.findIndex(({ type }) => type === defaultSampleType);
  return index === -1 ? sampleTypes.length - 1 : index;
}

/** What stands below the outermost frame: the thread of a CPU sample, the kind of an activity. */
export const groupOf = ({ labels }: StackSample): string => labels?.['thread'] ?? labels?.['kind'] ?? '';

/** A stack, outermost first, as people draw it: what it belongs to, then its frames. */
export function drawnStack(sample: StackSample): readonly Frame[] {
  const group = groupOf(sample);
  const frames = sample.stack.toReversed();
  return group === '' ? frames : [{ functionName: `[${group}]`, file: '', line: 0 }, ...frames];
}

/** `name file:line`, the name alone for native code. */
export const frameTitle = ({ functionName, file, line }: Frame): string =>
  file === '' ? functionName : `${functionName} ${file}:${line}`;
