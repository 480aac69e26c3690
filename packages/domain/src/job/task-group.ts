import type { WireOf } from '../wire/wire-schema.js';
import { duration, integer, list, object, optional, text, textMap, wireSchema } from '../wire/wire-schema.js';
import { AFFINITY_WIRE, CONSTRAINT_WIRE, SPREAD_WIRE } from './constraint.js';
import {
  DISCONNECT_STRATEGY_WIRE,
  MIGRATE_STRATEGY_WIRE,
  RESCHEDULE_POLICY_WIRE,
  RESTART_POLICY_WIRE,
  UPDATE_STRATEGY_WIRE,
} from './policies.js';
import { EPHEMERAL_DISK_WIRE, NETWORK_WIRE } from './resources.js';
import { TASK_WIRE } from './task.js';

/** Tasks that run together on one node. */
export const TASK_GROUP_WIRE = wireSchema(
  {
    name: text('Name'),
    /** How many allocations; of system jobs how many on each node. Absent: 1. */
    count: optional(integer('Count')),
    tasks: list('Tasks', TASK_WIRE),
    constraints: list('Constraints', CONSTRAINT_WIRE),
    affinities: list('Affinities', AFFINITY_WIRE),
    spreads: list('Spreads', SPREAD_WIRE),
    networks: list('Networks', NETWORK_WIRE),
    meta: textMap('Meta'),
    restartPolicy: object('RestartPolicy', RESTART_POLICY_WIRE),
    reschedulePolicy: object('ReschedulePolicy', RESCHEDULE_POLICY_WIRE),
    disconnect: object('Disconnect', DISCONNECT_STRATEGY_WIRE),
    ephemeralDisk: object('EphemeralDisk', EPHEMERAL_DISK_WIRE),
    update: object('Update', UPDATE_STRATEGY_WIRE),
    migrate: object('Migrate', MIGRATE_STRATEGY_WIRE),
    shutdownDelayMs: duration('ShutdownDelay'),
  },
  {
    unsupported: {
      Volumes: 'volumes',
      Services: 'services',
      Scaling: 'scaling policies',
      Consul: 'Consul settings',
      StopAfterClientDisconnect: 'old disconnect settings (use Disconnect)',
      MaxClientDisconnect: 'old disconnect settings (use Disconnect)',
      PreventRescheduleOnLost: 'old disconnect settings (use Disconnect)',
    },
  },
);
export type TaskGroup = WireOf<typeof TASK_GROUP_WIRE>;
