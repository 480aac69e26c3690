import type { AllocMetric, Job, Node } from '@steppe/domain';
import type { SchedulingState } from '../state/scheduling-state.js';

/** The nodes a job may use at all, and how many there are of them. */
export interface CandidateNodes {
  readonly nodes: readonly Node[];
  readonly counts: Pick<AllocMetric, 'nodesInPool' | 'nodePool' | 'nodesAvailable'>;
}

export const isReady = ({ status, drain, schedulingEligibility }: Node): boolean =>
  status === 'ready' && drain === undefined && schedulingEligibility === 'eligible';

/** Ready nodes of the job's pool and datacenters. */
export function candidateNodes(state: SchedulingState, job: Job): CandidateNodes {
  const datacenters = job.datacenters.map(wildcard);
  const nodes: Node[] = [];
  const nodesAvailable: Record<string, number> = {};
  let nodesInPool = 0;
  for (const node of state.nodes()) {
    if (!isReady(node) || !isInPool(node, job)) continue;
    nodesInPool += 1;
    if (!datacenters.some((matches) => matches(node.datacenter))) continue;
    nodesAvailable[node.datacenter] = (nodesAvailable[node.datacenter] ?? 0) + 1;
    nodes.push(node);
  }
  return { nodes, counts: { nodesInPool, nodePool: job.nodePool, nodesAvailable } };
}

/** Whether a node is one of the job's, ready or not. */
export function isNodeOf(node: Node, job: Job): boolean {
  return isInPool(node, job) && job.datacenters.some((pattern) => wildcard(pattern)(node.datacenter));
}

const isInPool = (node: Node, { nodePool }: Job): boolean =>
  nodePool === 'all' || nodePool === '' || node.nodePool === nodePool;

/** `*` stands for any text. */
function wildcard(pattern: string): (text: string) => boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return (text) => text === pattern;
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    let at = first.length;
    for (const piece of rest) {
      const found = text.indexOf(piece, at);
      if (found === -1) return false;
      at = found + piece.length;
    }
    return at <= text.length - last.length;
  };
}
