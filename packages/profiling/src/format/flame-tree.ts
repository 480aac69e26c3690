import { FrameTable } from '../stack/frame-table.js';
import type { Frame, StackProfile } from '../stack/stack-profile.js';
import { drawnStack, shownTypeOf } from './shown-stack.js';

/** A box of a flame graph: number of its frame, its value, how much that grew, and the boxes above it. */
type FlameNode = readonly [frame: number, value: number, growth: number, children: readonly FlameNode[]];

export interface FlameTree {
  readonly frames: readonly Frame[];
  readonly root: FlameNode;
  /** Boxes left out because they would not be seen. */
  readonly hidden: number;
}

interface Box {
  readonly frame: number;
  value: number;
  growth: number;
  readonly children: Map<number, Box>;
}

/** Boxes below this share of the whole are narrower than a pixel on most screens. */
const SMALLEST_SHARE = 1 / 5_000;
const ROOT: Frame = { functionName: 'all', file: '', line: 0 };

/**
 * Stacks that share their outer frames, put into one tree, biggest first.
 * @param base - what to compare with: then a box is as wide as the larger of both, and its growth may be negative
 */
export function flameTree(profile: StackProfile, base?: StackProfile): FlameTree {
  const table = new FrameTable();
  const frames: Frame[] = [];
  const numberOf = (frame: Frame): number => {
    const number = table.idOf(frame) - 1;
    if (number === frames.length) frames.push(frame);
    return number;
  };
  const root = newBox(numberOf(ROOT));
  for (const { stack, before, after } of comparedStacks(profile, base)) {
    const value = Math.max(before, after);
    const growth = base === undefined ? 0 : after - before;
    let box = root;
    add(box, value, growth);
    for (const frame of stack) {
      box = childOf(box, numberOf(frame));
      add(box, value, growth);
    }
  }
  let hidden = 0;
  const smallest = root.value * SMALLEST_SHARE;
  const finish = ({ frame, value, growth, children }: Box): FlameNode => {
    const shown = [...children.values()].filter((child) => child.value >= smallest);
    hidden += children.size - shown.length;
    return [frame, value, growth, shown.sort((a, b) => b.value - a.value).map(finish)];
  };
  return { root: finish(root), frames, hidden };
}

interface ComparedStack {
  readonly stack: readonly Frame[];
  before: number;
  after: number;
}

function comparedStacks(profile: StackProfile, base: StackProfile | undefined): Iterable<ComparedStack> {
  const stacks = new Map<string, ComparedStack>();
  const table = new FrameTable();
  const collect = (from: StackProfile, side: 'before' | 'after'): void => {
    const type = shownTypeOf(from);
    for (const sample of from.samples) {
      const stack = drawnStack(sample);
      const key = stack.map((frame) => table.idOf(frame)).join();
      const compared = stacks.get(key) ?? { stack, before: 0, after: 0 };
      compared[side] += sample.values[type] ?? 0;
      stacks.set(key, compared);
    }
  };
  collect(profile, 'after');
  if (base !== undefined) collect(base, 'before');
  return stacks.values();
}

const newBox = (frame: number): Box => ({ frame, value: 0, growth: 0, children: new Map() });

function childOf(box: Box, frame: number): Box {
  let child = box.children.get(frame);
  if (child === undefined) box.children.set(frame, (child = newBox(frame)));
  return child;
}

function add(box: Box, value: number, growth: number): void {
  box.value += value;
  box.growth += growth;
}
