import type { WireOf } from '../wire/wire-schema.js';
import { flag, integer, list, text, wireSchema } from '../wire/wire-schema.js';

const PORT_WIRE = wireSchema({
  label: text('Label'),
  /** The port on the node; 0: one is chosen. */
  value: integer('Value'),
  /** The port the task listens on; 0: the same. */
  to: integer('To'),
  hostNetwork: text('HostNetwork'),
});
export type Port = WireOf<typeof PORT_WIRE>;

export const NETWORK_WIRE = wireSchema(
  {
    /** `host` or `none`; empty means `host`. */
    mode: text('Mode'),
    device: text('Device'),
    cidr: text('CIDR'),
    ip: text('IP'),
    hostname: text('Hostname'),
    mbits: integer('MBits'),
    reservedPorts: list('ReservedPorts', PORT_WIRE),
    dynamicPorts: list('DynamicPorts', PORT_WIRE),
  },
  { unsupported: { DNS: 'own DNS settings', CNI: 'CNI networks' } },
);
export type JobNetwork = WireOf<typeof NETWORK_WIRE>;

/** What a task asks of a node. */
export const TASK_RESOURCES_WIRE = wireSchema(
  {
    /** MHz. */
    cpu: integer('CPU'),
    memoryMb: integer('MemoryMB'),
    /** How far memory may be exceeded where there is some left; 0: not at all. */
    memoryMaxMb: integer('MemoryMaxMB'),
    diskMb: integer('DiskMB'),
  },
  {
    unsupported: {
      Cores: 'reserved cores',
      Devices: 'devices',
      NUMA: 'NUMA requests',
      Networks: 'networks of a task',
      SecretsMB: 'sizes of the secrets directory',
    },
  },
);
export type TaskResources = WireOf<typeof TASK_RESOURCES_WIRE>;

export const EPHEMERAL_DISK_WIRE = wireSchema({
  sticky: flag('Sticky'),
  sizeMb: integer('SizeMB', 300),
  migrate: flag('Migrate'),
});
export type EphemeralDisk = WireOf<typeof EPHEMERAL_DISK_WIRE>;
