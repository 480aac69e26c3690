import type { Profiler } from 'node:inspector';
import type { SourcePositions } from '../stack/source-positions.js';

/**
 * V8's own form, which Chrome's developer tools and editors open: `.cpuprofile` of one thread, with its samples in their
 * order in time. Places are those of the source, lines 0-based as the form has them.
 */
export function v8CpuProfile(profile: Profiler.Profile, positions: SourcePositions): Profiler.Profile {
  return {
    ...profile,
    nodes: profile.nodes.map(({ positionTicks, ...node }) => {
      const { callFrame } = node;
      const { functionName, file, line } = positions.frameOf(callFrame);
      if (callFrame.url === '') return node;
      const ticks = positionTicks?.map((tick) => ({ ...tick, line: positions.frameAt(callFrame, tick.line).line }));
      return {
        ...node,
        callFrame: { ...callFrame, functionName, url: file, lineNumber: line - 1, columnNumber: 0 },
        ...(ticks === undefined ? {} : { positionTicks: ticks }),
      };
    }),
  };
}
