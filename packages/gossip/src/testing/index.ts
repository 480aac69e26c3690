/**
 * A simulated network and clusters on it, in virtual time: for tests of this package and of what is built on it.
 * @packageDocumentation
 */
export { PausableClock } from './pausable-clock.js';
export { PERFECT_LINK, SimNetwork } from './sim-network.js';
export type { LinkConditions, SimNetworkDeps, TrafficCounters } from './sim-network.js';
export { SimTransport } from './sim-transport.js';
export { SIM_PORT, SimCluster, simHost } from './sim-cluster.js';
export type { SimClusterDeps, SimClusterOptions, SimMember } from './sim-cluster.js';
