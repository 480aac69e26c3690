import type { CallFrame, SourcePositions } from '../stack/source-positions.js';
import type { Frame, StackSample } from '../stack/stack-profile.js';

/** What V8's sampler answers: the call tree, and one entry per sample. */
export interface SampledHeap {
  readonly head: SampledHeapNode;
  readonly samples: readonly { readonly nodeId: number }[];
}

interface SampledHeapNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  /** Bytes allocated in this very function, scaled up from the samples. */
  readonly selfSize: number;
  readonly children: readonly SampledHeapNode[];
}

/**
 * What is alive by the stack that allocated it: `[objects, bytes, objects, bytes]`. V8 scales the bytes up to what the
 * samples stand for; objects are the samples themselves, since their true number cannot be recovered from them.
 */
export function heapSamples(profile: SampledHeap, positions: SourcePositions): StackSample[] {
  const counts = new Map<number, number>();
  for (const { nodeId } of profile.samples) counts.set(nodeId, (counts.get(nodeId) ?? 0) + 1);
  const samples: StackSample[] = [];
  const pending: { readonly node: SampledHeapNode; readonly callers: readonly Frame[] }[] = [
    { node: profile.head, callers: [] },
  ];
  // A loop and not a recursion: stacks may be as deep as the program's own.
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, callers } = next;
    const stack = node === profile.head ? [] : [positions.frameOf(node.callFrame), ...callers];
    if (node.selfSize > 0) {
      const objects = counts.get(node.id) ?? 1;
      samples.push({ stack, values: [objects, node.selfSize, objects, node.selfSize] });
    }
    for (const child of node.children) pending.push({ node: child, callers: stack });
  }
  return samples;
}
