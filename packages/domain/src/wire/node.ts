import type { DrainRecord, DrainStrategy, DriverInfo, Node, NodeEvent } from '../node/node.js';
import { msToNanoseconds } from '../values/go-duration.js';
import { encodeTimestamp } from './timestamp.js';

const encodeDriver = (driver: DriverInfo) => ({
  Attributes: driver.attributes,
  Detected: driver.detected,
  HealthDescription: driver.healthDescription,
  Healthy: driver.healthy,
  UpdateTime: encodeTimestamp(driver.updateTimeMs),
});

const encodeDrivers = (node: Node) =>
  Object.fromEntries(Object.entries(node.drivers).map(([name, driver]) => [name, encodeDriver(driver)]));

const encodeEvent = (event: NodeEvent) => ({
  CreateIndex: event.createIndex,
  Details: event.details,
  Message: event.message,
  Subsystem: event.subsystem,
  Timestamp: encodeTimestamp(event.timestampMs),
});

/** Go's zero time, Unix milliseconds. */
const NO_TIME_MS = -62_135_596_800_000;

const encodeDrainStrategy = ({ deadlineMs, ignoreSystemJobs, startedAtMs }: DrainStrategy) => ({
  Deadline: deadlineMs < 0 ? -1 : Number(msToNanoseconds(deadlineMs)),
  ForceDeadline: encodeTimestamp(deadlineMs > 0 ? startedAtMs + deadlineMs : NO_TIME_MS),
  IgnoreSystemJobs: ignoreSystemJobs,
  StartedAt: encodeTimestamp(startedAtMs),
});

const encodeDrainRecord = (drain: DrainRecord) => ({
  AccessorID: drain.accessorId,
  Meta: drain.meta,
  StartedAt: encodeTimestamp(drain.startedAtMs),
  Status: drain.status,
  UpdatedAt: encodeTimestamp(drain.updatedAtMs),
});

/** One row of `GET /v1/nodes`. */
export function encodeNodeStub(node: Node) {
  return {
    Address: node.attributes['unique.network.ip-address'] ?? '',
    Attributes: null,
    CreateIndex: node.createIndex,
    Datacenter: node.datacenter,
    Drain: node.drain !== undefined,
    Drivers: encodeDrivers(node),
    ID: node.id,
    LastDrain: node.lastDrain === undefined ? null : encodeDrainRecord(node.lastDrain),
    ModifyIndex: node.modifyIndex,
    Name: node.name,
    NodeClass: node.nodeClass,
    NodePool: node.nodePool,
    NodeResources: null,
    ReservedResources: null,
    SchedulingEligibility: node.schedulingEligibility,
    Status: node.status,
    StatusDescription: node.statusDescription,
    Version: node.attributes['nomad.version'] ?? '',
  };
}

/** Resource totals as the stub and the full node show them. */
export function encodeNodeResources(node: Node) {
  const { resources, reserved } = node;
  return {
    NodeResources: {
      Cpu: { CpuShares: resources.cpuShares, ReservableCpuCores: null, TotalCpuCores: resources.totalCores },
      Devices: [],
      Disk: { DiskMB: resources.diskMb },
      MaxDynamicPort: resources.maxDynamicPort,
      Memory: { MemoryMB: resources.memoryMb },
      MinDynamicPort: resources.minDynamicPort,
      Networks: resources.networks.map((network) => ({
        CIDR: network.cidr,
        Device: network.device,
        DynamicPorts: null,
        IP: network.ip,
        MBits: network.mbits,
        Mode: 'host',
        ReservedPorts: null,
      })),
    },
    ReservedResources: {
      Cpu: { CpuShares: reserved.cpuShares, ReservedCpuCores: null },
      Disk: { DiskMB: reserved.diskMb },
      Memory: { MemoryMB: reserved.memoryMb },
      Networks: { ReservedHostPorts: reserved.ports },
    },
  };
}

/** `GET /v1/node/:id`. The node's secret is never part of a {@link Node}, so `SecretID` is always blank. */
export function encodeNode(node: Node) {
  const { resources, reserved } = node;
  return {
    ...encodeNodeResources(node),
    Attributes: node.attributes,
    CSIControllerPlugins: null,
    CSINodePlugins: null,
    CgroupParent: '',
    ComputedClass: node.computedClass,
    CreateIndex: node.createIndex,
    Datacenter: node.datacenter,
    Drain: node.drain !== undefined,
    DrainStrategy: node.drain === undefined ? null : encodeDrainStrategy(node.drain),
    Drivers: encodeDrivers(node),
    Events: node.events.map(encodeEvent),
    HTTPAddr: node.httpAddress,
    HostNetworks: null,
    HostVolumes: null,
    ID: node.id,
    LastAllocUpdateIndex: node.lastAllocUpdateIndex ?? 0,
    LastDrain: node.lastDrain === undefined ? null : encodeDrainRecord(node.lastDrain),
    LastMissedHeartbeatIndex: node.lastMissedHeartbeatIndex ?? 0,
    Links: null,
    Meta: node.meta,
    ModifyIndex: node.modifyIndex,
    Name: node.name,
    NodeClass: node.nodeClass,
    NodeMaxAllocs: 0,
    NodePool: node.nodePool,
    Reserved: {
      CPU: reserved.cpuShares,
      DiskMB: reserved.diskMb,
      MemoryMB: reserved.memoryMb,
    },
    Resources: {
      CPU: resources.cpuShares,
      DiskMB: resources.diskMb,
      MemoryMB: resources.memoryMb,
    },
    SchedulingEligibility: node.schedulingEligibility,
    SecretID: '',
    Status: node.status,
    StatusDescription: node.statusDescription,
    StatusUpdatedAt: node.statusUpdatedAt,
    TLSEnabled: node.tlsEnabled,
  };
}
