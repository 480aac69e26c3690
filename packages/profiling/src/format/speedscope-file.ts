import { FrameTable } from '../stack/frame-table.js';
import type { StackProfile, StackSample } from '../stack/stack-profile.js';
import { groupOf, shownTypeOf } from './shown-stack.js';

interface SpeedscopeFrame {
  readonly name: string;
  readonly file?: string;
  readonly line?: number;
}

interface SpeedscopeProfile {
  readonly type: 'sampled';
  readonly name: string;
  readonly unit: 'nanoseconds' | 'bytes' | 'none';
  readonly startValue: number;
  readonly endValue: number;
  /** Frame numbers, outermost first. */
  readonly samples: readonly (readonly number[])[];
  readonly weights: readonly number[];
}

/** What speedscope.app opens. @see https://www.speedscope.app/file-format-schema.json */
export interface SpeedscopeFile {
  readonly $schema: string;
  readonly name: string;
  readonly exporter: string;
  readonly activeProfileIndex: number;
  readonly shared: { readonly frames: readonly SpeedscopeFrame[] };
  readonly profiles: readonly SpeedscopeProfile[];
}

/** One sampled profile per thread, or kind of activity, with the sample type shown first. */
export function speedscopeFile(profile: StackProfile, name: string): SpeedscopeFile {
  const type = shownTypeOf(profile);
  const frames: SpeedscopeFrame[] = [];
  const table = new FrameTable();
  const numbersOf = ({ stack }: StackSample): number[] =>
    stack.toReversed().map((frame) => {
      const number = table.idOf(frame) - 1;
      const { functionName, file, line } = frame;
      if (number === frames.length) frames.push({ name: functionName, ...(file === '' ? {} : { file, line }) });
      return number;
    });
  const groups = new Set(profile.samples.map(groupOf));
  // A file without a profile is refused by readers.
  if (groups.size === 0) groups.add('');
  const profiles = [...groups].map((group): SpeedscopeProfile => {
    const samples = profile.samples.filter((sample) => groupOf(sample) === group);
    const weights = samples.map(({ values }) => values[type] ?? 0);
    return {
      type: 'sampled',
      name: group === '' ? name : group,
      unit: unitOf(profile.sampleTypes[type]?.unit),
      startValue: 0,
      endValue: weights.reduce((sum, weight) => sum + weight, 0),
      samples: samples.map(numbersOf),
      weights,
    };
  });
  return {
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    name,
    exporter: 'steppe',
    activeProfileIndex: 0,
    shared: { frames },
    profiles,
  };
}

const unitOf = (unit: string | undefined): SpeedscopeProfile['unit'] =>
  unit === 'nanoseconds' || unit === 'bytes' ? unit : 'none';
