/**
 * Test support shared by the packages: virtual time, reproducible chance, a logger that remembers. Imported by tests only.
 * @packageDocumentation
 */
export { SeededRandom, SimClock } from '@steppe/runtime/simulation';
export { RecordingLogger } from './recording-logger.js';
export type { RecordedLine } from './recording-logger.js';
export { eventually } from './eventually.js';
export { Program } from './program.js';
export type { ProgramOptions } from './program.js';
export { programOnPath } from './program-on-path.js';
export { ownLoopbackHost } from './loopback-host.js';
export { GOSSIP_PORT, hasSerf, SerfAgent } from './serf-agent.js';
export type { SerfMember } from './serf-agent.js';
export { TcpProxy } from './tcp-proxy.js';
export type { NetworkFault, TcpEndpoint } from './tcp-proxy.js';
export { isLinearizable } from './linearizability/check-register.js';
export type { RegisterAction, RegisterOperation } from './linearizability/check-register.js';
export { RegisterHistory } from './linearizability/register-history.js';
export type { FailedOutcome } from './linearizability/register-history.js';
