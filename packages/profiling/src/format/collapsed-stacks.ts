import type { StackProfile } from '../stack/stack-profile.js';
import { drawnStack, frameTitle, shownTypeOf } from './shown-stack.js';

/**
 * One line per distinct stack: frames from the outermost on, separated by semicolons, a space and the value of the sample
 * type shown first. The form of `stackcollapse` scripts; lines are sorted.
 */
export function collapsedStacks(profile: StackProfile): string {
  const type = shownTypeOf(profile);
  const values = new Map<string, number>();
  for (const sample of profile.samples) {
    // A semicolon separates frames and a line break stacks; neither may come from a name.
    const stack = drawnStack(sample)
      .map((frame) => frameTitle(frame).replace(/[;\r\n]/g, '_'))
      .join(';');
    values.set(stack, (values.get(stack) ?? 0) + (sample.values[type] ?? 0));
  }
  return [...values]
    .filter(([stack, value]) => stack !== '' && value !== 0)
    .map(([stack, value]) => `${stack} ${value}\n`)
    .sort()
    .join('');
}
