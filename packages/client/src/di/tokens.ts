import { token } from '@steppe/runtime/di';
import type * as core from '../index.js';

export type ClientRuntime = core.ClientRuntime;
export const ClientRuntime = token<core.ClientRuntime>('@steppe/client/ClientRuntime');

export type ClientRuntimeOptions = core.ClientRuntimeOptions;
export const ClientRuntimeOptions = token<core.ClientRuntimeOptions>('@steppe/client/ClientRuntimeOptions');

/** Port: calls to servers; the assembly binds it. */
export type ServerLink = core.ServerLink;
export const ServerLink = token<core.ServerLink>('@steppe/client/ServerLink');

/** Port: what servers tell a node of its allocations; bound by the assembly. Without it the node takes no work. */
export type AllocLink = core.AllocLink;
export const AllocLink = token<core.AllocLink>('@steppe/client/AllocLink');

/** Contribution point: a way to run tasks. The key is the name. */
export type TaskDriver = core.TaskDriver;
export const TaskDriver = token<core.TaskDriver>('@steppe/client/TaskDriver');

/** What the operator lets the driver `raw_exec` do; the assembly binds it. */
export type RawExecOptions = core.RawExecOptions;
export const RawExecOptions = token<core.RawExecOptions>('@steppe/client/RawExecOptions');

/** The built-in driver `raw_exec`. */
export const RawExecDriver = token<core.TaskDriver>('@steppe/client/RawExecDriver');

/** The built-in driver `node`. */
export const NodeDriver = token<core.TaskDriver>('@steppe/client/NodeDriver');

/** Contribution point: finds out something about the machine. The key is the name. */
export type Fingerprinter = core.Fingerprinter;
export const Fingerprinter = token<core.Fingerprinter>('@steppe/client/Fingerprinter');

/** Where the built-in fingerprinters look, and what the operator knows better; the assembly binds it. */
export type FingerprintOptions = core.FingerprintOptions;
export const FingerprintOptions = token<core.FingerprintOptions>('@steppe/client/FingerprintOptions');

/** The built-in runtime, for wrapping. */
export const DefaultClientRuntime = token<core.ClientRuntimeImpl>('@steppe/client/DefaultClientRuntime');

/** The built-in fingerprinter `arch`. */
export const ArchFingerprinter = token<core.Fingerprinter>('@steppe/client/ArchFingerprinter');

/** The built-in fingerprinter `kernel`. */
export const KernelFingerprinter = token<core.Fingerprinter>('@steppe/client/KernelFingerprinter');

/** The built-in fingerprinter `os`. */
export const OsFingerprinter = token<core.Fingerprinter>('@steppe/client/OsFingerprinter');

/** The built-in fingerprinter `cpu`. */
export const CpuFingerprinter = token<core.Fingerprinter>('@steppe/client/CpuFingerprinter');

/** The built-in fingerprinter `memory`. */
export const MemoryFingerprinter = token<core.Fingerprinter>('@steppe/client/MemoryFingerprinter');

/** The built-in fingerprinter `storage`. */
export const StorageFingerprinter = token<core.Fingerprinter>('@steppe/client/StorageFingerprinter');

/** The built-in fingerprinter `network`. */
export const NetworkFingerprinter = token<core.Fingerprinter>('@steppe/client/NetworkFingerprinter');

/** The built-in fingerprinter `nomad`. */
export const NomadFingerprinter = token<core.Fingerprinter>('@steppe/client/NomadFingerprinter');

/** The built-in fingerprinter `host`. */
export const HostFingerprinter = token<core.Fingerprinter>('@steppe/client/HostFingerprinter');
