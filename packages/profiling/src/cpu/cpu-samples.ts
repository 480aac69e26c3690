import type { Profiler } from 'node:inspector';
import type { SourcePositions } from '../stack/source-positions.js';
import type { Frame, StackSample } from '../stack/stack-profile.js';
import type { ThreadCpuProfile } from './cpu-capture.js';

/** Not work of the thread: it waits, or it is somewhere V8 does not see. */
const NOT_WORK = new Set(['(idle)', '(program)', '(root)']);

/**
 * The stacks of one thread and how often each was seen. The innermost frame has the line that ran; its callers, of which
 * V8 does not tell more, the line where the function begins.
 * @param valuesOf - the values of a sample seen so many times
 */
export function cpuSamples(
  { thread, profile }: ThreadCpuProfile,
  positions: SourcePositions,
  valuesOf: (hits: number) => readonly number[],
): StackSample[] {
  const parents = parentsOf(profile);
  const frames = new Map<number, Frame>();
  const frameOf = (node: Profiler.ProfileNode): Frame => {
    const frame = frames.get(node.id) ?? positions.frameOf(node.callFrame);
    frames.set(node.id, frame);
    return frame;
  };
  const callersOf = (node: Profiler.ProfileNode): Frame[] => {
    const callers: Frame[] = [];
    for (let each = parents.get(node.id); each !== undefined; each = parents.get(each.id)) {
      if (each.callFrame.functionName !== '(root)') callers.push(frameOf(each));
    }
    return callers;
  };
  return profile.nodes
    .filter((node) => (node.hitCount ?? 0) > 0 && !isNoWork(node))
    .flatMap((node) => {
      const callers = callersOf(node);
      return leavesOf(node, positions, frameOf(node)).map(({ frame, hits }) => ({
        stack: [frame, ...callers],
        values: valuesOf(hits),
        labels: { thread },
      }));
    });
}

const isNoWork = ({ callFrame }: Profiler.ProfileNode): boolean =>
  callFrame.url === '' && NOT_WORK.has(callFrame.functionName);

function parentsOf(profile: Profiler.Profile): ReadonlyMap<number, Profiler.ProfileNode> {
  const parents = new Map<number, Profiler.ProfileNode>();
  for (const node of profile.nodes) for (const child of node.children ?? []) parents.set(child, node);
  return parents;
}

/** A node by the lines that ran. Native code has misleading line numbers and is kept as it is. */
function leavesOf(
  node: Profiler.ProfileNode,
  positions: SourcePositions,
  beginning: Frame,
): { readonly frame: Frame; readonly hits: number }[] {
  const ticks = node.callFrame.url === '' ? [] : (node.positionTicks ?? []);
  const leaves = ticks.map(({ line, ticks: hits }) => ({ frame: positions.frameAt(node.callFrame, line), hits }));
  const rest = (node.hitCount ?? 0) - ticks.reduce((sum, tick) => sum + tick.ticks, 0);
  if (rest > 0) leaves.push({ frame: beginning, hits: rest });
  return leaves;
}
