import type { WireOf } from '../wire/wire-schema.js';
import {
  anyMap,
  duration,
  flag,
  integer,
  list,
  object,
  text,
  textList,
  textMap,
  wireSchema,
} from '../wire/wire-schema.js';
import { AFFINITY_WIRE, CONSTRAINT_WIRE } from './constraint.js';
import { RESTART_POLICY_WIRE } from './policies.js';
import { TASK_RESOURCES_WIRE } from './resources.js';

const LIFECYCLE_WIRE = wireSchema({
  /** `prestart`, `poststart` or `poststop`. */
  hook: text('Hook'),
  /** Whether it runs as long as the others do, instead of before them or after. */
  sidecar: flag('Sidecar'),
});
export type TaskLifecycle = WireOf<typeof LIFECYCLE_WIRE>;

const LOG_CONFIG_WIRE = wireSchema({
  maxFiles: integer('MaxFiles', 10),
  maxFileSizeMb: integer('MaxFileSizeMB', 10),
  disabled: flag('Disabled'),
});
export type TaskLogConfig = WireOf<typeof LOG_CONFIG_WIRE>;

/** A token by which a task says who it is, and how the task gets it. */
export const IDENTITY_WIRE = wireSchema({
  name: text('Name'),
  audience: textList('Audience'),
  /** What becomes of the task when it has a newer token: `noop` (also if empty), `restart` or `signal`. */
  changeMode: text('ChangeMode'),
  changeSignal: text('ChangeSignal'),
  /** Whether it is in a variable, `NOMAD_TOKEN` for the default one, `NOMAD_TOKEN_<name>` for others. */
  env: flag('Env'),
  /** Whether it is in a file. */
  file: flag('File'),
  /** Of that file, in the task's folder; empty: in its secrets. */
  filepath: text('Filepath'),
  serviceName: text('ServiceName'),
  /** How long a token is good; 0: as long as its allocation lives. */
  ttlMs: duration('TTL'),
});
export type TaskIdentity = WireOf<typeof IDENTITY_WIRE>;

/** One program to run. */
export const TASK_WIRE = wireSchema(
  {
    name: text('Name'),
    driver: text('Driver'),
    user: text('User'),
    /** The driver's own settings. */
    config: anyMap('Config'),
    env: textMap('Env'),
    meta: textMap('Meta'),
    constraints: list('Constraints', CONSTRAINT_WIRE),
    affinities: list('Affinities', AFFINITY_WIRE),
    resources: object('Resources', TASK_RESOURCES_WIRE),
    restartPolicy: object('RestartPolicy', RESTART_POLICY_WIRE),
    lifecycle: object('Lifecycle', LIFECYCLE_WIRE),
    logConfig: object('LogConfig', LOG_CONFIG_WIRE),
    /** The default one, as far as the job says anything of it: every task has it. */
    identity: object('Identity', IDENTITY_WIRE),
    /** Those beside the default one. */
    identities: list('Identities', IDENTITY_WIRE),
    /** Whether the others are stopped when this one ends. */
    leader: flag('Leader'),
    shutdownDelayMs: duration('ShutdownDelay'),
    /** Default 5 s. */
    killTimeoutMs: duration('KillTimeout', 5_000),
    killSignal: text('KillSignal'),
    kind: text('Kind'),
  },
  {
    unsupported: {
      Artifacts: 'artifacts',
      Templates: 'templates',
      Services: 'services',
      Vault: 'Vault settings',
      Consul: 'Consul settings',
      VolumeMounts: 'volumes',
      CSIPluginConfig: 'CSI plugins',
      DispatchPayload: 'parameterized jobs',
      ScalingPolicies: 'scaling policies',
      Actions: 'actions',
      Schedule: 'schedules of tasks',
      Secrets: 'secrets of tasks',
    },
  },
);
export type Task = WireOf<typeof TASK_WIRE>;
