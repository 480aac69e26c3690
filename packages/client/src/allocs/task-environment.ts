import type { Allocation, Job, NodeRegistration, Task, TaskGroup } from '@steppe/domain';
import { allocationIndex, isSecretName } from '@steppe/domain';
import type { TaskFolders } from './alloc-folders.js';
import { interpolate, interpolateText } from './interpolate.js';

export interface TaskEnvironmentInput {
  readonly allocation: Allocation;
  readonly job: Job;
  readonly group: TaskGroup;
  readonly task: Task;
  readonly node: NodeRegistration;
  readonly folders: TaskFolders;
  /** Signed identity tokens that the task wants here, by the names of their variables. */
  readonly tokens: Readonly<Record<string, string>>;
  /** The agent's own environment, as far as tasks may see it. */
  readonly host: Readonly<Record<string, string>>;
}

export interface TaskEnvironment {
  readonly env: Readonly<Record<string, string>>;
  /** The driver's settings with every reference replaced. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Of the default identity. */
export const TOKEN_VARIABLE = 'NOMAD_TOKEN';

/**
 * The environment of a task: what the agent lets through of its own, Nomad's variables, then the task's own, and `${…}` in
 * the latter, in meta and in the driver's settings replaced by `node.*`, `attr.*`, `meta.*`, `env.*` and variables by name.
 */
export function taskEnvironment(input: TaskEnvironmentInput): TaskEnvironment {
  const { allocation, job, group, task, folders, tokens, node, host } = input;
  const variables: Record<string, string> = { ...allocVariables(input), ...portVariables(allocation) };
  const ofNode = nodeReferences(node, job);
  const resolveWith = (env: Readonly<Record<string, string>>) => (name: string) =>
    valueOf(ofNode, name) ?? valueOf(env, name) ?? valueOf(env, name.replace(/^env\./, ''));

  for (const [key, value] of Object.entries({ ...job.meta, ...group.meta, ...task.meta })) {
    const shown = interpolateText(value, resolveWith(variables));
    const name = variableName(key);
    variables[`NOMAD_META_${name.toUpperCase()}`] = shown;
    variables[`NOMAD_META_${name}`] = shown;
  }
  const known = { ...host, ...variables };
  const own = interpolate(task.env, resolveWith(known)) as Record<string, string>;
  const env = {
    ...known,
    ...own,
    ...tokens,
    NOMAD_ALLOC_DIR: folders.shared,
    NOMAD_TASK_DIR: folders.local,
    NOMAD_SECRETS_DIR: folders.secrets,
  };
  // A token in the settings of a driver would be in logs and process lists.
  const open = Object.entries(env).filter(([name]) => name !== TOKEN_VARIABLE && !Object.hasOwn(tokens, name));
  return { env, config: interpolate(task.config, resolveWith(Object.fromEntries(open))) as Record<string, unknown> };
}

function allocVariables({ allocation, job, group, task, folders, node }: TaskEnvironmentInput): Record<string, string> {
  const { cpu = 0, memoryMb = 0, memoryMaxMb = 0 } = task.resources ?? {};
  return {
    NOMAD_ALLOC_ID: allocation.id,
    NOMAD_SHORT_ALLOC_ID: allocation.id.slice(0, 8),
    NOMAD_ALLOC_NAME: allocation.name,
    NOMAD_ALLOC_INDEX: `${allocationIndex(allocation)}`,
    NOMAD_ALLOC_DIR: folders.shared,
    NOMAD_TASK_DIR: folders.local,
    NOMAD_SECRETS_DIR: folders.secrets,
    NOMAD_TASK_NAME: task.name,
    NOMAD_GROUP_NAME: group.name,
    NOMAD_JOB_ID: job.id,
    NOMAD_JOB_NAME: job.name,
    ...(job.parentId === '' ? {} : { NOMAD_JOB_PARENT_ID: job.parentId }),
    NOMAD_NAMESPACE: allocation.namespace,
    NOMAD_REGION: job.region,
    NOMAD_DC: node.datacenter,
    NOMAD_CPU_LIMIT: `${cpu}`,
    NOMAD_MEMORY_LIMIT: `${memoryMb}`,
    ...(memoryMaxMb > 0 ? { NOMAD_MEMORY_MAX_LIMIT: `${memoryMaxMb}` } : {}),
  };
}

/** Ports the allocation has of its node, by label. `to` is the port to listen on where it is not the node's. */
function portVariables({ allocatedResources }: Allocation): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const { label, value, to, hostIp } of allocatedResources?.shared?.ports ?? []) {
    const name = variableName(label);
    const address = hostIp.includes(':') ? `[${hostIp}]:${value}` : `${hostIp}:${value}`;
    variables[`NOMAD_PORT_${name}`] = `${to > 0 ? to : value}`;
    variables[`NOMAD_HOST_PORT_${name}`] = `${value}`;
    variables[`NOMAD_IP_${name}`] = hostIp;
    variables[`NOMAD_HOST_IP_${name}`] = hostIp;
    variables[`NOMAD_ADDR_${name}`] = address;
    variables[`NOMAD_HOST_ADDR_${name}`] = address;
  }
  return variables;
}

function nodeReferences(node: NodeRegistration, { region }: Job): Readonly<Record<string, string>> {
  const references: Record<string, string> = {
    'node.unique.id': node.id,
    'node.unique.name': node.name,
    'node.datacenter': node.datacenter,
    'node.region': region,
    'node.class': node.nodeClass,
    'node.pool': node.nodePool,
  };
  for (const [name, value] of Object.entries(node.attributes)) references[`attr.${name}`] = value;
  for (const [name, value] of Object.entries(node.meta)) references[`meta.${name}`] = value;
  return references;
}

/** What an object has inherited is nobody's variable. */
const valueOf = (values: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(values, name) ? values[name] : undefined;

/** Names of variables hold letters, digits and underscores. */
const variableName = (text: string): string => text.replace(/[^A-Za-z0-9_]/g, '_');

const ALWAYS_HIDDEN: ReadonlySet<string> = new Set(['NOMAD_LICENSE', 'GOOGLE_APPLICATION_CREDENTIALS', 'NODE_OPTIONS']);

/** What tasks may see of an agent's environment: neither secrets nor what is meant for the agent itself. */
export function visibleHostEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const visible = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined &&
      !ALWAYS_HIDDEN.has(entry[0]) &&
      !isSecretName(entry[0]) &&
      !/^(NOMAD|STEPPE)_/.test(entry[0]),
  );
  return Object.fromEntries(visible);
}
