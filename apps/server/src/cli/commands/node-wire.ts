/** A row of `GET /v1/nodes`. */
export interface NodeStubWire {
  readonly ID: string;
  readonly Name: string;
  readonly NodePool: string;
  readonly NodeClass: string;
  readonly Datacenter: string;
  readonly Address: string;
  readonly Version: string;
  readonly Drain: boolean;
  readonly SchedulingEligibility: string;
  readonly Status: string;
  readonly Attributes: Readonly<Record<string, string>> | null;
}

export interface DriverWire {
  readonly Detected: boolean;
  readonly Healthy: boolean;
  readonly HealthDescription: string;
  readonly UpdateTime: string | null;
}

export interface NodeEventWire {
  readonly Message: string;
  readonly Subsystem: string;
  readonly Details: Readonly<Record<string, string>> | null;
  readonly Timestamp: string | null;
}

/** MHz and MiB. */
export interface ResourcesWire {
  readonly Cpu: { readonly CpuShares: number } | null;
  readonly Memory: { readonly MemoryMB: number } | null;
  readonly Disk: { readonly DiskMB: number } | null;
}

/** `GET /v1/node/:id`. */
export interface NodeWire extends Omit<NodeStubWire, 'Address' | 'Version'> {
  readonly ModifyIndex: number;
  readonly LastDrain: { readonly Status: string } | null;
  readonly Meta: Readonly<Record<string, string>> | null;
  readonly NodeResources: ResourcesWire | null;
  /** What of that the node keeps for itself. */
  readonly ReservedResources: ResourcesWire | null;
  readonly Drivers: Readonly<Record<string, DriverWire>> | null;
  readonly Events: readonly NodeEventWire[] | null;
  readonly HostVolumes: object | null;
  readonly HostNetworks: object | null;
  readonly CSIControllerPlugins: object | null;
  readonly CSINodePlugins: object | null;
}
