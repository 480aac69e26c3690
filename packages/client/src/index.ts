/**
 * The client role of an agent: what the machine is, who the node is, its registration, heartbeats and list of servers, and the
 * work it is given: allocations and their tasks.
 * @packageDocumentation
 */
export type { ClientRuntime } from './runtime/client-runtime.js';
export { ClientRuntimeImpl } from './runtime/client-runtime-impl.js';
export type { ClientRuntimeDeps } from './runtime/client-runtime-impl.js';
export type { ClientRuntimeOptions, FingerprintOptions, NodeDescription, TaskDriverOptions } from './options.js';

export type { AllocLink, AllocReport, ClientAllocation, NodeProof } from './servers/alloc-link.js';
export type { AllocationState } from './allocs/allocations.js';

export type { HeartbeatReply, ServerCallOptions, ServerLink } from './servers/server-link.js';
export type { HostResolver } from './servers/server-address.js';
export { systemResolver } from './servers/system-resolver.js';

export type { Fingerprint, Fingerprinter } from './fingerprint/fingerprinter.js';
export { builtInFingerprinters } from './fingerprint/built-in-fingerprinters.js';

export type { RunningTask, TaskDriver, TaskExit, TaskStart, TaskUsage } from './drivers/task-driver.js';
export { builtInTaskDrivers } from './drivers/built-in-task-drivers.js';
export { UsageMeter } from './drivers/usage-meter.js';
export type { MeasuredUsage, UsageMeterOptions } from './drivers/usage-meter.js';

export { AllocationFiles } from './files/allocation-files.js';
export type { FileDescription, ReadRange } from './files/allocation-files.js';
export type { LogQuery, StreamFrame } from './files/log-reader.js';

export type { ClientError, ClientErrorDetail } from './errors.js';
export { CLIENT_METRICS } from './metrics.js';
