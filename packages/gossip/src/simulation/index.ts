/**
 * A simulated network and clusters on it, in virtual time: the production code, reproducible from a seed.
 * @packageDocumentation
 */
export { PausableClock } from './pausable-clock.js';
export { PERFECT_LINK } from './link-conditions.js';
export type { LinkConditions, TrafficCounters } from './link-conditions.js';
export { SimNetwork } from './sim-network.js';
export type { SimNetworkDeps } from './sim-network.js';
export { SimTransport } from './sim-transport.js';
export { SIM_PORT, SimCluster, simHost } from './sim-cluster.js';
export type { SimClusterDeps, SimClusterOptions, SimMember } from './sim-cluster.js';
export { SerfCluster } from './serf-cluster.js';
export type { SerfClusterOptions, SerfMember } from './serf-cluster.js';
export { simulate } from './simulate.js';
export type { SimulatedPartition, SimulationOptions } from './simulate.js';
export type { Distribution, SimulationReport, TrafficRate } from './simulation-report.js';
export { expectedDetection, expectedDisseminationMs } from './expectations.js';
export type { ExpectedDetection } from './expectations.js';
export { SerfInvariants } from './serf-invariants.js';
