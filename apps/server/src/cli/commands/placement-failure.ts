import { goQuote } from '@steppe/domain';
import type { AllocMetricWire, FailedGroupsWire } from './eval-wire.js';

type Counts = Readonly<Record<string, number>> | null | undefined;

/** Why groups could not be placed, a paragraph each, the more common reasons first. */
export const placementFailures = (failed: FailedGroupsWire): string =>
  sorted(failed)
    .map(([group, metric]) => {
      const count = (metric.CoalescedFailures ?? 0) + 1;
      return `Task Group ${goQuote(group)} (failed to place ${count} allocation${count === 1 ? '' : 's'}):\n${placementReasons(metric)}`;
    })
    .join('\n\n');

/** What stood in the way on the nodes that were looked at, a line each. */
export function placementReasons(metric: AllocMetricWire): string {
  const { NodesEvaluated = 0, NodesExhausted = 0, NodePool = '' } = metric;
  const lines: string[] = [];
  if (NodesEvaluated === 0) lines.push('No nodes were eligible for evaluation');
  if (metric.NodesInPool === 0 && NodePool !== '') lines.push(`No nodes in node pool ${goQuote(NodePool)}`);
  for (const [datacenter, count] of sorted(metric.NodesAvailable)) {
    if (count === 0) lines.push(`No nodes are available in datacenter ${goQuote(datacenter)}`);
  }
  if (NodesEvaluated > 0) lines.push(`Nodes evaluated: ${NodesEvaluated}, filtered: ${metric.NodesFiltered ?? 0}`);
  lines.push(...counted('Class', metric.ClassFiltered, 'excluded by filter'));
  lines.push(...counted('Constraint', metric.ConstraintFiltered, 'excluded by filter'));
  if (NodesExhausted > 0) lines.push(`Resources exhausted on ${nodes(NodesExhausted)}`);
  lines.push(...exhausted('Class', metric.ClassExhausted));
  lines.push(...exhausted('Dimension', metric.DimensionExhausted));
  lines.push(...(metric.QuotaExhausted ?? []).map((dimension) => `Quota limit hit ${goQuote(dimension)}`));
  return lines.map((line) => `  * ${line}`).join('\n');
}

const nodes = (count: number): string => `${count} node${count === 1 ? '' : 's'}`;

const counted = (what: string, counts: Counts, outcome: string): readonly string[] =>
  sorted(counts)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, count]) => `${what} ${goQuote(name)}: ${nodes(count)} ${outcome}`);

const exhausted = (what: string, counts: Counts): readonly string[] =>
  sorted(counts)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, count]) => `${what} ${goQuote(name)} exhausted on ${nodes(count)}`);

const sorted = <T>(map: Readonly<Record<string, T>> | null | undefined): readonly (readonly [string, T])[] =>
  Object.entries(map ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
