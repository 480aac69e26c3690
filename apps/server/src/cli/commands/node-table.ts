import { formatColumns } from '../format/columns.js';
import type { NodeStubWire } from './node-wire.js';

const SHORT_ID = 8;

/** An id as tables show it. */
export const shownId = (id: string, isVerbose: boolean): string => (isVerbose ? id : id.slice(0, SHORT_ID));

/** What stands where there is nothing to show. */
export const orNone = (text: string): string => (text === '' ? '<none>' : text);

interface Shown {
  readonly isVerbose: boolean;
  readonly withOs: boolean;
  /** How many allocations run on each node, by its id; `undefined`: not shown. */
  readonly running?: ReadonlyMap<string, number> | undefined;
}

export function nodeTable(nodes: readonly NodeStubWire[], { isVerbose, withOs, running }: Shown): string {
  const columns: readonly (readonly [title: string, cell: (node: NodeStubWire) => string])[] = [
    ['ID', (node) => shownId(node.ID, isVerbose)],
    ['Node Pool', (node) => node.NodePool],
    ['DC', (node) => node.Datacenter],
    ['Name', (node) => node.Name],
    ['Class', (node) => orNone(node.NodeClass)],
    ...(withOs ? [['OS', (node: NodeStubWire) => orNone(node.Attributes?.['os.name'] ?? '')] as const] : []),
    ...(isVerbose
      ? [
          ['Address', (node: NodeStubWire) => orNone(node.Address)] as const,
          ['Version', (node: NodeStubWire) => orNone(node.Version)] as const,
        ]
      : []),
    ['Drain', (node) => `${node.Drain}`],
    ['Eligibility', (node) => node.SchedulingEligibility],
    ['Status', (node) => node.Status],
    ...(running === undefined
      ? []
      : [['Running Allocs', ({ ID }: NodeStubWire) => `${running.get(ID) ?? 0}`] as const]),
  ];
  return formatColumns([
    columns.map(([title]) => title),
    ...nodes.map((node) => columns.map(([, cell]) => cell(node))),
  ]);
}
