import type { Secret } from '@steppe/domain';
import type { TaskRestart, TaskSignal } from '../allocs/alloc-runner.js';
import type { AllocationState } from '../allocs/allocations.js';
import type { AllocationUsage } from '../allocs/allocation-usage.js';
import type { AllocFiles } from '../files/alloc-files.js';
import type { HostUsage } from '../host/host-meter.js';

/** The client role of an agent: its node, and its way to the servers. */
export interface ClientRuntime {
  /** UUID of this node; known from construction on. */
  readonly nodeId: string;
  /** With which the node registers, and proves that it is the one that did. */
  readonly nodeSecret: Secret;
  /** The servers this client knows, `ip:port`, the one it talks to first; never sorted. */
  servers(): readonly string[];
  /**
   * Pings the given servers (`host` or `host:port`, port 4647 by default) and goes on with those that answer, until a
   * heartbeat brings the region's own list.
   * @throws CLIENT_SERVERS_UNREACHABLE when none answers; the old list stays
   */
  setServers(addresses: readonly string[]): Promise<void>;
  /** The allocations that this node has, those that have ended too, and how they are doing. */
  allocations(): readonly AllocationState[];
  /** What an allocation has on disk. @throws CLIENT_ALLOC_UNKNOWN */
  files(allocId: string): AllocFiles;
  /** What the tasks of an allocation use now. Rejects with CLIENT_ALLOC_UNKNOWN. */
  usage(allocId: string): Promise<AllocationUsage>;
  /**
   * Has tasks of an allocation end and start again, whatever their restart policies say. Resolves when what ran has ended.
   * Rejects with CLIENT_ALLOC_UNKNOWN, CLIENT_ALLOC_NOT_RUNNING, CLIENT_TASK_UNKNOWN, CLIENT_TASK_NOT_RUNNING.
   */
  restart(allocId: string, restart: TaskRestart): Promise<void>;
  /** Sends tasks of an allocation a signal. Rejects as `restart`, and with DRIVER_SIGNAL_INVALID. */
  signal(allocId: string, signal: TaskSignal): Promise<void>;
  /** What the machine is doing. Rejects with what the system says. */
  hostUsage(): Promise<HostUsage>;
  /** Removes what is left of an allocation that has ended. Rejects with CLIENT_ALLOC_UNKNOWN, CLIENT_ALLOC_NOT_ENDED. */
  collect(allocId: string): Promise<void>;
  /** Removes what is left of all allocations that have ended. */
  collectAll(): Promise<void>;
  /** The `client` section of the agent's statistics. */
  stats(): Readonly<Record<string, string>>;
}
