import type { DriverInfo, NodeRegistration } from '@steppe/domain';
import type { NodeDescription } from '../options.js';
import type { NodeFingerprint } from './fingerprint-node.js';

/** Puts together how a node describes itself. A resource nobody found counts as none. */
export function nodeRegistration(
  id: string,
  description: NodeDescription,
  {
    attributes,
    resources,
    drivers = {},
  }: NodeFingerprint & { readonly drivers?: Readonly<Record<string, DriverInfo>> },
): NodeRegistration {
  const { minDynamicPort, maxDynamicPort, ...configured } = description;
  return {
    ...configured,
    id,
    attributes,
    drivers,
    resources: {
      cpuShares: 0,
      totalCores: 0,
      memoryMb: 0,
      diskMb: 0,
      networks: [],
      ...resources,
      minDynamicPort,
      maxDynamicPort,
    },
  };
}
