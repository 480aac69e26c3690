import type { AllocatedPort, Allocation, Node, TaskGroup } from '@steppe/domain';
import { PortSet } from '../resources/port-set.js';
import type { EvaluationRandom } from './seeded-order.js';

/** Tries at a free port by chance before all are looked through. */
const RANDOM_TRIES = 20;

/** Ports for a group on a node; a text says why there are none. */
export function assignPorts(
  node: Node,
  group: TaskGroup,
  { proposed, random }: { readonly proposed: readonly Allocation[]; readonly random: EvaluationRandom },
): readonly AllocatedPort[] | string {
  const asked = group.networks.flatMap(({ reservedPorts, dynamicPorts }) => ({ reservedPorts, dynamicPorts }));
  if (asked.length === 0) return [];
  const used = PortSet.ofNode(node);
  for (const allocation of proposed) used.takeOf(allocation);
  const hostIp = node.resources.networks[0]?.ip ?? '';
  const ports: AllocatedPort[] = [];
  for (const { reservedPorts } of asked) {
    for (const { label, value, to } of reservedPorts) {
      if (!used.take(value)) return `network: reserved port collision ${label}=${value}`;
      ports.push({ label, value, to, hostIp });
    }
  }
  for (const { dynamicPorts } of asked) {
    for (const { label, to } of dynamicPorts) {
      const value = freePort(node, used, random);
      if (value === undefined) return 'network: dynamic port selection failed';
      used.take(value);
      // Nomad: -1 asks for the chosen port on both sides.
      ports.push({ label, value, to: to === -1 ? value : to, hostIp });
    }
  }
  return ports;
}

function freePort({ resources }: Node, used: PortSet, random: EvaluationRandom): number | undefined {
  const { minDynamicPort: min, maxDynamicPort: max } = resources;
  const size = max - min + 1;
  for (let i = 0; i < RANDOM_TRIES; i += 1) {
    const port = min + random.below(size);
    if (!used.has(port)) return port;
  }
  for (let port = min; port <= max; port += 1) if (!used.has(port)) return port;
  return undefined;
}
