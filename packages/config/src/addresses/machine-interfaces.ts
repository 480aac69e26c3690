import { networkInterfaces } from 'node:os';
import type { Interfaces } from './address-template.js';

/** The interfaces of this machine. */
export const machineInterfaces: Interfaces = () =>
  Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? []).map(({ address, internal }) => ({ interface: name, address, internal })),
  );
