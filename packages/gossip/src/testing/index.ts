/**
 * What tests of this package and of what is built on it need: the simulator.
 * @packageDocumentation
 */
export {
  PausableClock,
  PERFECT_LINK,
  SerfCluster,
  SIM_PORT,
  SimCluster,
  simHost,
  SimNetwork,
  SimTransport,
} from '../simulation/index.js';
export type {
  LinkConditions,
  SerfClusterOptions,
  SerfMember,
  SimClusterDeps,
  SimClusterOptions,
  SimMember,
  SimNetworkDeps,
  TrafficCounters,
} from '../simulation/index.js';
