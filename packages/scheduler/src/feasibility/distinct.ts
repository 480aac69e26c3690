import type { Constraint, Node } from '@steppe/domain';
import { parseGoBool } from '@steppe/domain';
import type { PlacementContext } from '../placement/placement-context.js';
import { resolveTarget } from './target.js';

/** Whether a constraint is about the other allocations rather than about a node. */
export const isDistinct = ({ operand }: Constraint): boolean =>
  operand === 'distinct_hosts' || operand === 'distinct_property';

/**
 * Why one more allocation would be one too many on a node; `undefined` when it would not.
 * @param group - the one whose allocations count; without it, all of the job's do
 */
export function distinctProblem(
  node: Node,
  constraints: readonly Constraint[],
  context: PlacementContext,
  group?: string,
): string | undefined {
  for (const { operand, left, right } of constraints) {
    if (operand === 'distinct_hosts') {
      const isWanted = right === '' || parseGoBool(right) === true;
      if (isWanted && hasOwn(context, node, group)) return 'distinct_hosts';
      continue;
    }
    const value = resolveTarget(left, node);
    if (value === undefined) return `missing property ${left}`;
    const allowed = right === '' ? 1 : Number(right);
    const used = context.countsBy(left, group).get(value) ?? 0;
    if (used >= allowed) return `distinct_property: ${left}=${value} used by ${used} allocs`;
  }
  return undefined;
}

function hasOwn(context: PlacementContext, node: Node, group: string | undefined): boolean {
  const { own } = context.proposedOn(node.id);
  return group === undefined ? own.size > 0 : own.has(group);
}
