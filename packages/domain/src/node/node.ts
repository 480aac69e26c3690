/** State of a client node as the servers see it. */
export type NodeStatus = 'initializing' | 'ready' | 'down' | 'disconnected';
export type SchedulingEligibility = 'eligible' | 'ineligible';

/** Something notable in a node's life; the ten newest are kept. */
export interface NodeEvent {
  readonly message: string;
  readonly subsystem: string;
  readonly details: Readonly<Record<string, string>>;
  /** Unix milliseconds. */
  readonly timestampMs: number;
  readonly createIndex: number;
}

/** Whether a task driver is present on a node and fit for work. */
export interface DriverInfo {
  readonly attributes: Readonly<Record<string, string>>;
  readonly detected: boolean;
  readonly healthy: boolean;
  readonly healthDescription: string;
  /** Unix milliseconds. */
  readonly updateTimeMs: number;
}

/** What a node has to give. */
export interface NodeResources {
  /** Sum over all usable cores, MHz. */
  readonly cpuShares: number;
  readonly totalCores: number;
  readonly memoryMb: number;
  readonly diskMb: number;
  readonly networks: readonly NodeNetwork[];
  readonly minDynamicPort: number;
  readonly maxDynamicPort: number;
}

export interface NodeNetwork {
  readonly device: string;
  readonly ip: string;
  readonly cidr: string;
  readonly mbits: number;
}

/** What a node keeps for itself, out of its {@link NodeResources}. */
export interface ReservedResources {
  readonly cpuShares: number;
  readonly memoryMb: number;
  readonly diskMb: number;
  /** Port list text such as `22,80,8500-8600`. */
  readonly ports: string;
}

/** How a node is being emptied. */
export interface DrainStrategy {
  /**
   * Milliseconds after which what still runs is stopped; 0: it is never hurried, below 0: it is stopped at once.
   */
  readonly deadlineMs: number;
  readonly ignoreSystemJobs: boolean;
  /** Unix milliseconds. */
  readonly startedAtMs: number;
}

export type DrainStatus = 'draining' | 'complete' | 'canceled';

/** The newest drain of a node, over or not. */
export interface DrainRecord {
  readonly status: DrainStatus;
  /** Unix milliseconds. */
  readonly startedAtMs: number;
  readonly updatedAtMs: number;
  /** Whose token asked for it; empty when unknown. */
  readonly accessorId: string;
  readonly meta: Readonly<Record<string, string>>;
}

/** A machine that runs allocations, as it describes itself when it registers. */
export interface NodeRegistration {
  /** UUID. */
  readonly id: string;
  readonly datacenter: string;
  readonly name: string;
  readonly nodeClass: string;
  readonly nodePool: string;
  /** `host:port` of the node's own HTTP API. */
  readonly httpAddress: string;
  readonly tlsEnabled: boolean;
  readonly attributes: Readonly<Record<string, string>>;
  readonly meta: Readonly<Record<string, string>>;
  readonly drivers: Readonly<Record<string, DriverInfo>>;
  readonly resources: NodeResources;
  readonly reserved: ReservedResources;
}

/** A registered node: its own description and what the servers know about it. */
export interface Node extends NodeRegistration {
  readonly status: NodeStatus;
  readonly statusDescription: string;
  /** Unix seconds. */
  readonly statusUpdatedAt: number;
  readonly schedulingEligibility: SchedulingEligibility;
  /** Only while it drains. */
  readonly drain?: DrainStrategy;
  readonly lastDrain?: DrainRecord;
  readonly computedClass: string;
  /** Index of when its heartbeats stopped last, and of when it told about its allocations last; absent: never. */
  readonly lastMissedHeartbeatIndex?: number;
  readonly lastAllocUpdateIndex?: number;
  readonly events: readonly NodeEvent[];
  readonly createIndex: number;
  readonly modifyIndex: number;
}
