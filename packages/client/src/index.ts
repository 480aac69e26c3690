/**
 * The client role of an agent: what the machine is, who the node is, its registration, heartbeats and list of servers.
 * @packageDocumentation
 */
export type { ClientRuntime } from './runtime/client-runtime.js';
export { ClientRuntimeImpl } from './runtime/client-runtime-impl.js';
export type { ClientRuntimeDeps } from './runtime/client-runtime-impl.js';
export type { ClientRuntimeOptions, FingerprintOptions, NodeDescription } from './options.js';

export type { HeartbeatReply, ServerCallOptions, ServerLink } from './servers/server-link.js';
export type { HostResolver } from './servers/server-address.js';
export { systemResolver } from './servers/system-resolver.js';

export type { Fingerprint, Fingerprinter } from './fingerprint/fingerprinter.js';
export { builtInFingerprinters } from './fingerprint/built-in-fingerprinters.js';

export type { ClientError, ClientErrorDetail } from './errors.js';
export { CLIENT_METRICS } from './metrics.js';

export type { RunningTask, TaskDriver, TaskExit, TaskStart, TaskUsage } from './drivers/task-driver.js';
export { RawExecDriver } from './drivers/raw-exec-driver.js';
export type { ProcessDriverDeps, RawExecOptions } from './drivers/raw-exec-driver.js';
export { NodeDriver } from './drivers/node-driver.js';
export type { NodePrograms } from './drivers/node-driver.js';
export type { TaskContext } from './drivers/node/module-task.js';
export { AllocFiles } from './files/alloc-files.js';
export type { AllocFile, ReadRange, StreamQuery } from './files/alloc-files.js';
export type { FileFrame } from './files/file-frames.js';
export type { LogQuery } from './files/log-reader.js';
export type { TaskRestart, TaskSignal } from './allocs/alloc-runner.js';
export type { AllocationState } from './allocs/allocations.js';
export type { AllocationUsage, TaskLoad } from './allocs/allocation-usage.js';
export type { AllocLink, AllocReport, ClientAllocation } from './servers/alloc-link.js';
export type { GarbageCollectorOptions } from './allocs/garbage-collector.js';
export type { CpuLoad } from './host/cpu-load.js';
export type { FileSystemUsage } from './host/file-systems.js';
export { mountedFileSystems } from './host/file-systems.js';
export type { HostUsage } from './host/host-meter.js';
export type { MemoryUsage } from './host/memory-usage.js';
