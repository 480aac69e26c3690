import type { Allocation, Constraint, Node } from '@steppe/domain';
import { parseGoBool } from '@steppe/domain';
import type { PlacementContext } from '../placement/placement-context.js';
import { resolveTarget } from './target.js';

/** Whether a constraint is about the other allocations rather than about a node. */
export const isDistinct = ({ operand }: Constraint): boolean =>
  operand === 'distinct_hosts' || operand === 'distinct_property';

/** Why one more allocation would be one too many on a node; `undefined` when it would not. @param othersOf - that count */
export function distinctProblem(
  node: Node,
  constraints: readonly Constraint[],
  { state }: PlacementContext,
  othersOf: () => readonly Allocation[],
): string | undefined {
  if (constraints.length === 0) return undefined;
  const others = othersOf();
  for (const { operand, left, right } of constraints) {
    if (operand === 'distinct_hosts') {
      const isWanted = right === '' || parseGoBool(right) === true;
      if (isWanted && others.some(({ nodeId }) => nodeId === node.id)) return 'distinct_hosts';
      continue;
    }
    const value = resolveTarget(left, node);
    if (value === undefined) return `missing property ${left}`;
    const allowed = right === '' ? 1 : Number(right);
    const used = others.filter(({ nodeId }) => {
      const other = state.node(nodeId);
      return other !== undefined && resolveTarget(left, other) === value;
    }).length;
    if (used >= allowed) return `distinct_property: ${left}=${value} used by ${used} allocs`;
  }
  return undefined;
}
