import { DEFAULT_IDENTITY } from '../task-identities.js';
import type { BlockRule, InnerRule, JsonBlock, KeyRule } from './block-reader.js';
import type { ValueKind } from './hcl-values.js';

const of =
  (kind: ValueKind) =>
  (json: string): KeyRule => ({ json, kind });
const [text, integer, flag, duration, textList, textMap, any] = (
  ['text', 'integer', 'flag', 'duration', 'textList', 'textMap', 'any'] as const
).map(of) as [Key, Key, Key, Key, Key, Key, Key];
type Key = (json: string) => KeyRule;

const single = (json: string, block: BlockRule): InnerRule => ({ json, block });
const several = (json: string, block: BlockRule): InnerRule => ({ json, block, isList: true });
const named = (json: string, block: BlockRule, label = 'Name'): InnerRule => ({ json, block, label, isList: true });

/** Operands that are written as a key of their own, with the right side as its value. */
const OPERAND_KEYS = ['version', 'semver', 'regexp', 'set_contains', 'set_contains_all', 'set_contains_any'];

const conditionKeys: Readonly<Record<string, KeyRule>> = {
  attribute: text('LTarget'),
  operator: text('Operand'),
  value: text('RTarget'),
  ...Object.fromEntries(OPERAND_KEYS.map((operand) => [operand, text(`=${operand}`)])),
};

/** `version = "> 1"` is the operand `version` with that right side. */
function finishCondition(block: JsonBlock): JsonBlock {
  const { '=distinct_hosts': hosts, '=distinct_property': property, ...rest } = block;
  const condition: JsonBlock = { Operand: '=', ...rest };
  if (hosts === true) return { ...condition, Operand: 'distinct_hosts', RTarget: 'true' };
  if (property !== undefined) return { ...condition, Operand: 'distinct_property', LTarget: property };
  for (const operand of OPERAND_KEYS) {
    const right = condition[`=${operand}`];
    delete condition[`=${operand}`];
    if (right !== undefined) Object.assign(condition, { Operand: operand, RTarget: right });
  }
  return condition;
}

const CONSTRAINT: BlockRule = {
  keys: { ...conditionKeys, distinct_hosts: flag('=distinct_hosts'), distinct_property: text('=distinct_property') },
  finish: finishCondition,
};
const AFFINITY: BlockRule = { keys: { ...conditionKeys, weight: integer('Weight') }, finish: finishCondition };
const SPREAD: BlockRule = {
  keys: { attribute: text('Attribute'), weight: integer('Weight') },
  blocks: { target: named('SpreadTarget', { keys: { percent: integer('Percent') } }, 'Value') },
};
const RESTART: BlockRule = {
  keys: {
    attempts: integer('Attempts'),
    interval: duration('Interval'),
    delay: duration('Delay'),
    mode: text('Mode'),
    render_templates: flag('RenderTemplates'),
  },
};
const RESCHEDULE: BlockRule = {
  keys: {
    attempts: integer('Attempts'),
    interval: duration('Interval'),
    delay: duration('Delay'),
    delay_function: text('DelayFunction'),
    max_delay: duration('MaxDelay'),
    unlimited: flag('Unlimited'),
  },
};
const MIGRATE: BlockRule = {
  keys: {
    max_parallel: integer('MaxParallel'),
    health_check: text('HealthCheck'),
    min_healthy_time: duration('MinHealthyTime'),
    healthy_deadline: duration('HealthyDeadline'),
  },
};
const UPDATE: BlockRule = {
  keys: { ...MIGRATE.keys, progress_deadline: duration('ProgressDeadline'), stagger: duration('Stagger') },
  unsupported: { canary: 'canaries', auto_revert: 'automatic reverts', auto_promote: 'automatic promotions' },
};
const DISCONNECT: BlockRule = {
  keys: {
    lost_after: duration('LostAfter'),
    stop_on_client_after: duration('StopOnClientAfter'),
    replace: flag('Replace'),
    reconcile: text('Reconcile'),
  },
};
const EPHEMERAL_DISK: BlockRule = {
  keys: { sticky: flag('Sticky'), size: integer('SizeMB'), migrate: flag('Migrate') },
};

const PORT: BlockRule = { keys: { static: integer('Value'), to: integer('To'), host_network: text('HostNetwork') } };
const NETWORK: BlockRule = {
  keys: { mode: text('Mode'), hostname: text('Hostname'), mbits: integer('MBits') },
  blocks: { port: named('Ports', PORT, 'Label') },
  unsupported: { dns: 'own DNS settings', cni: 'CNI networks' },
  finish: ({ Ports = [], ...network }) => {
    const isStatic = ({ Value }: JsonBlock): boolean => Value !== undefined && Value !== 0;
    const ports = Ports as readonly JsonBlock[];
    return {
      ...network,
      ReservedPorts: ports.filter(isStatic),
      DynamicPorts: ports.filter((port) => !isStatic(port)),
    };
  },
};

/** One identity without a name, or with that name, is the default one. */
function finishTask({ Identities = [], ...task }: JsonBlock): JsonBlock {
  const all = Identities as readonly JsonBlock[];
  const identity = all.find(({ Name = DEFAULT_IDENTITY }) => Name === DEFAULT_IDENTITY);
  const others = all.filter((each) => each !== identity);
  return {
    ...task,
    ...(identity === undefined ? {} : { Identity: identity }),
    // A second one without a name is told of when the job is checked.
    ...(others.length === 0 ? {} : { Identities: others.map((each) => ({ Name: DEFAULT_IDENTITY, ...each })) }),
  };
}

const TASK: BlockRule = {
  keys: {
    driver: text('Driver'),
    user: text('User'),
    config: any('Config'),
    env: textMap('Env'),
    meta: textMap('Meta'),
    leader: flag('Leader'),
    kill_timeout: duration('KillTimeout'),
    kill_signal: text('KillSignal'),
    shutdown_delay: duration('ShutdownDelay'),
    kind: text('Kind'),
  },
  blocks: {
    constraint: several('Constraints', CONSTRAINT),
    affinity: several('Affinities', AFFINITY),
    restart: single('RestartPolicy', RESTART),
    resources: single('Resources', {
      keys: {
        cpu: integer('CPU'),
        memory: integer('MemoryMB'),
        memory_max: integer('MemoryMaxMB'),
        disk: integer('DiskMB'),
      },
      unsupported: {
        cores: 'reserved cores',
        device: 'devices',
        numa: 'NUMA requests',
        network: 'networks of a task',
        secrets: 'sizes of the secrets directory',
      },
    }),
    lifecycle: single('Lifecycle', { keys: { hook: text('Hook'), sidecar: flag('Sidecar') } }),
    logs: single('LogConfig', {
      keys: { max_files: integer('MaxFiles'), max_file_size: integer('MaxFileSizeMB'), disabled: flag('Disabled') },
    }),
    identity: several('Identities', {
      keys: {
        name: text('Name'),
        aud: textList('Audience'),
        change_mode: text('ChangeMode'),
        change_signal: text('ChangeSignal'),
        env: flag('Env'),
        file: flag('File'),
        filepath: text('Filepath'),
        ttl: duration('TTL'),
      },
    }),
  },
  unsupported: {
    artifact: 'artifacts',
    template: 'templates',
    service: 'services',
    vault: 'Vault settings',
    consul: 'Consul settings',
    volume_mount: 'volumes',
    csi_plugin: 'CSI plugins',
    dispatch_payload: 'parameterized jobs',
    scaling: 'scaling policies',
    action: 'actions',
    schedule: 'schedules of tasks',
    secret: 'secrets of tasks',
    dynamic: 'dynamic blocks',
  },
  finish: finishTask,
};

const OLD_DISCONNECT = 'old disconnect settings (use disconnect)';
const GROUP: BlockRule = {
  keys: { count: integer('Count'), meta: textMap('Meta'), shutdown_delay: duration('ShutdownDelay') },
  blocks: {
    task: named('Tasks', TASK),
    constraint: several('Constraints', CONSTRAINT),
    affinity: several('Affinities', AFFINITY),
    spread: several('Spreads', SPREAD),
    network: several('Networks', NETWORK),
    restart: single('RestartPolicy', RESTART),
    reschedule: single('ReschedulePolicy', RESCHEDULE),
    disconnect: single('Disconnect', DISCONNECT),
    ephemeral_disk: single('EphemeralDisk', EPHEMERAL_DISK),
    update: single('Update', UPDATE),
    migrate: single('Migrate', MIGRATE),
  },
  unsupported: {
    volume: 'volumes',
    service: 'services',
    scaling: 'scaling policies',
    vault: 'Vault settings',
    consul: 'Consul settings',
    stop_after_client_disconnect: OLD_DISCONNECT,
    max_client_disconnect: OLD_DISCONNECT,
    prevent_reschedule_on_lost: OLD_DISCONNECT,
    dynamic: 'dynamic blocks',
  },
};

/** What a `job` block may have in it. */
export const JOB_RULE: BlockRule = {
  keys: {
    id: text('ID'),
    name: text('Name'),
    region: text('Region'),
    namespace: text('Namespace'),
    type: text('Type'),
    priority: integer('Priority'),
    all_at_once: flag('AllAtOnce'),
    datacenters: textList('Datacenters'),
    node_pool: text('NodePool'),
    meta: textMap('Meta'),
  },
  blocks: {
    group: named('TaskGroups', GROUP),
    constraint: several('Constraints', CONSTRAINT),
    affinity: several('Affinities', AFFINITY),
    spread: several('Spreads', SPREAD),
    update: single('Update', UPDATE),
    migrate: single('Migrate', MIGRATE),
    reschedule: single('Reschedule', RESCHEDULE),
  },
  unsupported: {
    periodic: 'periodic jobs',
    parameterized: 'parameterized jobs',
    multiregion: 'jobs of several regions',
    task: 'tasks without a group',
    vault: 'Vault settings',
    consul: 'Consul settings',
    ui: 'descriptions for a user interface',
    dynamic: 'dynamic blocks',
  },
};
