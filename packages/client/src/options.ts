import type { ReservedResources } from '@steppe/domain';
import type { GarbageCollectorOptions } from './allocs/garbage-collector.js';

/** What the configuration says of a node. */
export interface NodeDescription {
  readonly datacenter: string;
  /** Name of the node; never empty. */
  readonly name: string;
  /** Empty for no class. */
  readonly nodeClass: string;
  readonly nodePool: string;
  readonly meta: Readonly<Record<string, string>>;
  readonly reserved: ReservedResources;
  /** First port handed out to tasks that ask for any. */
  readonly minDynamicPort: number;
  /** Last such port, inclusive. */
  readonly maxDynamicPort: number;
  /** `host:port` of this agent's own HTTP API as others reach it. */
  readonly httpAddress: string;
  readonly tlsEnabled: boolean;
}

/** Where the built-in fingerprinters look, and what the operator knows better than the machine. */
export interface FingerprintOptions {
  /** Folder whose file system counts as the node's storage. It need not exist: its nearest existing parent counts. */
  readonly storageFolder: string;
  /** What the `nomad.version` attribute carries. */
  readonly version: string;
  /** What the `nomad.revision` attribute carries; default `''`: no such attribute. */
  readonly revision?: string;
  /** Interface whose address is the node's; default `''`: that of the default route, else the first with an address. */
  readonly networkInterface?: string;
  /** Mbit/s of that interface; default 0: measured, 1000 where the system does not know. */
  readonly networkSpeed?: number;
  /** MHz over all cores; default 0: measured. */
  readonly cpuTotalCompute?: number;
  /** Mebibytes; default 0: measured. */
  readonly memoryTotalMb?: number;
  /** Mebibytes; default 0: measured. */
  readonly diskTotalMb?: number;
  /** Mebibytes; default 0: measured. Never more than the total. */
  readonly diskFreeMb?: number;
}

/** Options of a client node's runtime. */
export interface ClientRuntimeOptions {
  readonly node: NodeDescription;
  /**
   * Servers to begin with, `host` or `host:port` (4647 by default). Asked after start, as long as no server is known: ports
   * may be known only then.
   */
  readonly seeds: () => readonly string[];
  /** Development agent: ready at once, retries every second. Default false. */
  readonly devMode?: boolean;
  /** Folder that keeps the node's identity over restarts; without one it is new each time. */
  readonly stateFolder?: string;
  /** How long a call is repeated while the region has no leader, milliseconds; default 5000, as `rpc_hold_timeout`. */
  readonly rpcHoldTimeoutMs?: number;
  /** How long one fingerprinter may take, milliseconds; default 10 000, so that a broken one cannot hold up the start. */
  readonly fingerprintTimeoutMs?: number;
  /**
   * Folder of the allocations' own folders; default `alloc` in `stateFolder`, or a temporary one, removed at stop, without
   * that.
   */
  readonly allocFolder?: string;
  /** No task gets more time to end than this, milliseconds; default 30 000, as `client.max_kill_timeout`. */
  readonly maxKillTimeoutMs?: number;
  /** With more allocations than these, the oldest that have ended are removed; default 50, as `client.gc_max_allocs`. */
  readonly maxAllocs?: number;
  /** When the disk counts as full, so that what has ended is removed; default every minute, 80 % of bytes, 70 % of inodes. */
  readonly garbage?: Partial<GarbageCollectorOptions>;
  /** The agent's environment, of which tasks see what is no secret and not the agent's own; default: nothing. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}
